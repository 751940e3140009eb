using System.Buffers;
using System.Text;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Invocation;
using Portolan.Scan.Checking;
using Portolan.Scan.Checking.Expectations;

namespace Portolan.Cli.Checking;

/// <summary>Collects the targets of a command line and of a file, and what each must show.</summary>
internal sealed class TargetList(CommandContext context)
{
    /// <summary>Results are kept to the end, for the exit code and for JUnit.</summary>
    private const int MostTargets = 10_000;

    private static readonly SearchValues<char> ZoneCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private readonly List<CheckOrder> _orders = [];
    private readonly Dictionary<Expectation, string> _zones = new(ReferenceEqualityComparer.Instance);
    private IReadOnlyList<string>? _vantages;

    /// <summary>Reads all of them.</summary>
    /// <param name="words">Targets of the command line.</param>
    /// <param name="file">A file with more, <c>-</c> for stdin, or <c>null</c>.</param>
    /// <param name="expectations">What each target must show. A line of the file that says so itself must show that instead.</param>
    /// <exception cref="PortolanException">A word that is neither a target nor an expectation, a file that cannot be read, or no target at all;
    /// exit code 2.</exception>
    public IReadOnlyList<CheckOrder> Read(IReadOnlyList<string> words, string? file, IReadOnlyList<string> expectations)
    {
        var common = ReadExpectations(expectations, where: "");
        foreach (var word in words)
        {
            Add(word, common, where: "");
        }

        if (file is not null)
        {
            ReadFile(file, common);
        }

        return _orders.Count > 0
            ? _orders
            : throw new PortolanException(
                "no target", $"portolan check https://example.com, or portolan check example.com:22", ExitCode.Usage);
    }

    /// <summary>The same for a check from several zones of a fleet: <c>ZONE:WHAT</c> must be seen from one of them.</summary>
    public IReadOnlyList<VantageTarget> ReadForZones(
        IReadOnlyList<string> words, string? file, IReadOnlyList<string> expectations, IReadOnlyList<string> zones)
    {
        _vantages = zones;
        return
        [
            .. Read(words, file, expectations).Select(order => new VantageTarget(
                order.Target.Text, [.. order.Expectations.Select(e => $"{_zones[e]}:{e.Text}")])),
        ];
    }

    private void ReadFile(string file, List<Expectation> common)
    {
        var before = _orders.Count;
        var name = file == "-" ? "stdin" : file;
        foreach (var (line, words) in ListFile.Read(ReadText(file), name))
        {
            var where = $"{name}, line {line}: ";
            Add(words[0], words.Count > 1 ? ReadExpectations(words[1..], where) : common, where);
        }

        if (_orders.Count == before)
        {
            throw new PortolanException(
                $"{(file == "-" ? "stdin" : file)} contains no target", $"write one target per line, e.g. https://example.com",
                ExitCode.Usage);
        }
    }

    private void Add(string word, List<Expectation> expectations, string where)
    {
        if (_orders.Count == MostTargets)
        {
            throw new PortolanException($"{where}more than {MostTargets:N0} targets", $"split them over several runs", ExitCode.Usage);
        }

        if (!CheckTargetParser.TryParse(word, out var target, out var problem))
        {
            throw new PortolanException(
                $"{where}'{CheckTargetParser.WithoutSecrets(word)}': {problem.Reason}", problem.Remedy, ExitCode.Usage);
        }

        foreach (var expectation in expectations)
        {
            if (!expectation.AppliesTo(target))
            {
                throw new PortolanException(
                    $"{where}'{expectation.Text}' applies to {expectation.Subject}, but {target.Text} is {target.Kind}",
                    $"put targets of several kinds in a file, each followed by its expectations: see portolan help check",
                    ExitCode.Usage);
            }
        }

        _orders.Add(new CheckOrder(target, expectations));
    }

    private List<Expectation> ReadExpectations(IReadOnlyList<string> words, string where)
    {
        var expectations = new List<Expectation>(words.Count);
        foreach (var word in _vantages is null ? words : words.SelectMany(SplitZones))
        {
            var (zone, what) = _vantages is null ? ("", word) : ZoneOf(word);
            if (zone.Length > 0 && _vantages is not ["all"] && !_vantages!.Contains(zone))
            {
                throw new PortolanException(
                    $"{where}'{word}': --vantage does not name the zone {zone}", $"add it: --vantage {string.Join(',', _vantages!)},{zone}",
                    ExitCode.Usage);
            }

            var expectation = ExpectationParser.TryParse(what, out var read, out var problem)
                ? read
                : throw new PortolanException($"{where}'{word}': {problem.Reason}", problem.Remedy, ExitCode.Usage);
            _zones[expectation] = zone;
            expectations.Add(expectation);
        }

        return expectations;
    }

    // A comma ends an expectation where a zone begins the next; status=200,404 is one.
    private static IEnumerable<string> SplitZones(string text)
    {
        var parts = new List<string>();
        foreach (var part in text.Split(','))
        {
            if (parts.Count > 0 && ZoneOf(part).Zone.Length == 0)
            {
                parts[^1] += "," + part;
            }
            else
            {
                parts.Add(part);
            }
        }

        return parts;
    }

    private static (string Zone, string What) ZoneOf(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && text.AsSpan(0, colon).IndexOfAnyExcept(ZoneCharacters) < 0 ? (text[..colon], text[(colon + 1)..]) : ("", text);
    }

    private string ReadText(string file)
    {
        try
        {
            using var bytes = file == "-"
                ? new BoundedStream(context.OpenInputBytes(), InputLimit.CheckTargets, "stdin")
                : BoundedStream.Open(file, InputLimit.CheckTargets);
            using var text = new StreamReader(bytes, Encoding.UTF8);
            return text.ReadToEnd();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException(
                $"cannot read {file}: {NamedFile.WhyNot(exception, file)}", $"give a file with one target per line, or - for stdin",
                ExitCode.Usage, exception);
        }
    }
}
