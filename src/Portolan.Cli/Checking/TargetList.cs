using System.Text;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Checking.Expectations;

namespace Portolan.Cli.Checking;

/// <summary>Collects the targets of a command line and of a file, and what each must show.</summary>
internal sealed class TargetList(CommandContext context)
{
    /// <summary>Results are kept to the end, for the exit code and for JUnit.</summary>
    private const int MostTargets = 10_000;

    private readonly List<CheckOrder> _orders = [];

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

    private static List<Expectation> ReadExpectations(IReadOnlyList<string> words, string where)
    {
        var expectations = new List<Expectation>(words.Count);
        foreach (var word in words)
        {
            expectations.Add(ExpectationParser.TryParse(word, out var expectation, out var problem)
                ? expectation
                : throw new PortolanException($"{where}'{word}': {problem.Reason}", problem.Remedy, ExitCode.Usage));
        }

        return expectations;
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
