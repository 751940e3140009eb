using Portolan.Lab.Services;
using Portolan.Lab.Truth;
using Portolan.Scan.Results;

namespace Portolan.Lab.Scenarios.Scanning;

/// <summary>What a scan says of hosts, next to the truth: a line for each host, with the ports of each state.</summary>
internal sealed class ScanTable(ILabDirectory directory, LabTruth truth, StageScan scan, ProbeType type)
{
    /// <summary>The most characters of a list of states.</summary>
    private const int Width = 84;

    private readonly List<IReadOnlyList<string>> _rows = [];

    /// <summary>Ports that were judged and do not vary.</summary>
    internal int Judged { get; private set; }

    /// <summary>Ports whose answer varies, which nobody can be right about.</summary>
    internal int Varying { get; private set; }

    /// <summary>What is not so.</summary>
    internal List<string> Wrong { get; } = [];

    internal IReadOnlyList<string> Lines => TextColumns.Lines(["host", "right", "states found"], _rows);

    /// <summary>The truth of hosts, in the same way.</summary>
    internal static IReadOnlyList<string> TruthLines(LabTruth truth, IEnumerable<InternetAddress> addresses, PortSet ports) =>
        TextColumns.Lines(
        ["host", "address", "states"],
        addresses.Select(address => (IReadOnlyList<string>)
        [
            truth.TryFind(address, out var span) ? span.NameOf(address) ?? "" : "", $"{address}",
            Shorten(
                States(
                    ports.Select(
                        port => (port, truth.PortOf(address, ProbeType.Syn, port) is { } t ? t.Varies ? "varies" : t.State.Name() : "")))),
        ]));

    /// <summary>Judges a host.</summary>
    internal void Add(InternetAddress address, PortSet ports)
    {
        var (right, varying) = (0, 0);
        var found = new List<(PortNumber, string)>();
        foreach (var port in ports)
        {
            var (expected, result) = (truth.PortOf(address, type, port), scan.Of(address, type.Protocol, port));
            found.Add((port, result?.State.Name() ?? "not judged"));
            if (expected is null || result is null)
            {
                Wrong.Add($"{address} port {port} is not judged");
            }
            else if (expected.Varies)
            {
                varying++;
            }
            else
            {
                Judged++;
                var isRight = expected.Accepts(result.Value.State, result.Value.Reason);
                right += isRight ? 1 : 0;
                if (!isRight)
                {
                    Wrong.Add($"{address} port {port} is {expected.State.Name()}, found {result.Value.State.Name()}");
                }
            }
        }

        Varying += varying;
        var counted = ports.Count - varying;
        _rows.Add([directory.NameOf(address) ?? "", counted == 0 ? "varies" : $"{right}/{counted}", Shorten(States(found))]);
    }

    // The rarest state first: it is what a reader looks for.
    private static string States(IEnumerable<(PortNumber Port, string State)> ports) => string.Join(
        "; ",
        ports.GroupBy(static p => p.State).OrderBy(static g => g.Count()).Select(
            static g => g.Count() > 12 ? $"{g.Count()} {g.Key}" : $"{g.Key} {new PortSet([.. g.Select(static p => p.Port)])}"));

    private static string Shorten(string text) => text.Length <= Width ? text : text[..(Width - 4)] + " ...";
}
