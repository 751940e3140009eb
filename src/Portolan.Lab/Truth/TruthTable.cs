using System.Globalization;
using Portolan.Lab.Scenarios;
using Portolan.Lab.Topology;
using Portolan.Scan.Results;

namespace Portolan.Lab.Truth;

/// <summary>
/// Writes the truth for people: for each protocol a line for each host or router, and for addresses in a row that are alike one line
/// together.
/// </summary>
public static class TruthTable
{
    /// <summary>The longest list of ports; of more their number is told.</summary>
    private const int Longest = 60;

    /// <summary>Writes it.</summary>
    /// <param name="topology">The lab.</param>
    /// <param name="output">Where to; stays the caller's.</param>
    /// <param name="options">What of it.</param>
    /// <param name="columns">How wide a line may be, where a table can be narrower.</param>
    /// <exception cref="PortolanException">There is no place for the vantage.</exception>
    public static void Write(LabTopology topology, TextWriter output, TruthOptions options, int columns = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(options);
        var truth = LabTruth.Create(topology);
        var isFirst = true;
        foreach (var part in TruthWriter.PartsOf(topology, options))
        {
            if (!isFirst)
            {
                output.WriteLine();
            }

            isFirst = false;
            Say(string.Create(
                CultureInfo.InvariantCulture,
                $"the truth of {part.Ports.Count:N0} {(part.Protocol == TransportProtocol.Tcp ? "TCP" : "UDP")} "
                    + $"{(part.Ports.Count == 1 ? "port" : "ports")}, seen from {Place(truth.Vantage)}"));
            output.WriteLine();
            var rows = truth.Spans.Where(static s => s.Role is AddressRole.Host or AddressRole.Router)
                .Select(
                    span => (IReadOnlyList<string>)[
                        Names(span), $"{span.Addresses}", States(truth.PortsOf(span, TruthWriter.TypeOf(part, options), part.Ports))]);
            foreach (var line in TextColumns.Lines(["host", "address", "states"], rows).Lines(columns))
            {
                output.WriteLine(line);
            }
        }

        void Say(string sentence) => WrapText.Lines(sentence, columns).ForEach(output.WriteLine);
    }

    private static string Place(VantageSpec vantage) => string.Join(" and ", vantage.Addresses);

    private static string Names(TruthSpan span) =>
        span.Addresses.Count == UInt128.One
            ? span.NameOf(span.Addresses.First) ?? ""
            : $"{span.NameOf(span.Addresses.First)} to {span.NameOf(span.Addresses.Last)}";

    // The rarest state first: it is what a reader looks for. Of the commonest the number is enough.
    private static string States(IReadOnlyList<PortTruth> truths)
    {
        var groups = truths.GroupBy(static t => t.Varies ? "varies" : t.State.Name())
            .Select(
                static g => (State: g.Key, Ports: g.Aggregate(new PortSet(), static (sum, t) => { sum.UnionWith(t.Ports); return sum; })))
            .OrderBy(static g => g.Ports.Count).ToList();
        return string.Join(
            "; ", groups.Select((group, index) => Describe(group.State, group.Ports, isRest: index > 0 && index == groups.Count - 1)));
    }

    private static string Describe(string state, PortSet ports, bool isRest) =>
        !isRest && $"{ports}" is { Length: <= Longest } list
            ? $"{state} {list}"
            : string.Create(CultureInfo.InvariantCulture, $"{ports.Count:N0} {state}");
}
