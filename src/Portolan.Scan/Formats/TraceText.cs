using System.Globalization;
using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats;

/// <summary>
/// Writes the ways to hosts as nmap does (<c>TRACEROUTE (using port 80/tcp)</c>), and below where the probes to filtered ports end.
/// </summary>
public sealed class TraceText(Utf8Writer output)
{
    /// <summary>Beginnings of so many hosts printed before are looked through.</summary>
    private const int MostPrinted = 256;

    private readonly List<(InternetAddress Host, IReadOnlyList<TraceHop> Hops)> _printed = [];

    /// <summary>Writes the trace of a host, if there is one, a blank line before it.</summary>
    public void Write(HostReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (report.Trace is not { } trace)
        {
            return;
        }

        var address = report.Host.Target.Address;
        output.Write("\nTRACEROUTE"u8);
        output.Write(Using(trace.Probe, address.IsIPv4));
        output.WriteLine();
        WriteHops(trace);
        WriteFiltered(trace, address);
        if (_printed.Count < MostPrinted && trace.Probe.Method != TraceMethod.None)
        {
            _printed.Add((address, trace.Hops));
        }
    }

    /// <summary>Milliseconds with two digits, as nmap's.</summary>
    internal static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>What a filtered port's trace says, in a sentence.</summary>
    internal static string Sentence(FilteredTrace filtered, InternetAddress target)
    {
        var last = filtered.Last is { } hop ? $"probes pass {Hop(hop, target)}" : "no hop answers";
        return filtered.Certainty switch
        {
            TraceCertainty.Named when filtered.Last is { } at => $"rejected by {Hop(at, target)}",
            TraceCertainty.Named => $"rejected by {Who(filtered.Refuser!.Value, target)}",
            TraceCertainty.Adjacent when filtered.Last is null => $"{last}; dropped by this host or by {Hop(filtered.Next!, target)}",
            TraceCertainty.Adjacent => $"{last}; dropped by it or by {Hop(filtered.Next!, target)}",
            TraceCertainty.Between => $"{last}; dropped on the path to {Hop(filtered.Next!, target)}: {Silent(filtered)} no ICMP errors",
            _ => $"{last}; a later hop drops them or sends no ICMP errors: no probe reached the host",
        };
    }

    private static string Using(TraceProbe probe, bool isIPv4) => probe switch
    {
        { Protocol: { } protocol } => string.Create(CultureInfo.InvariantCulture, $" (using port {probe.Port}/{protocol.Name()})"),
        { Method: TraceMethod.Echo } => isIPv4 ? " (using proto 1/icmp)" : " (using proto 58/ipv6-icmp)",
        _ => "",
    };

    private static string Silent(FilteredTrace filtered)
    {
        var (first, last) = ((filtered.Last?.TimeToLive ?? 0) + 1, filtered.Next!.TimeToLive - 1);
        return first == last ? $"hop {first} sends" : $"hops {first}-{last} send";
    }

    private static string Hop(TraceHop hop, InternetAddress target) =>
        hop.Address == target ? "the host itself" : $"hop {hop.TimeToLive} ({hop.Address})";

    private static string Who(InternetAddress address, InternetAddress target) => address == target ? "the host itself" : $"{address}";

    private void WriteHops(HostTrace trace)
    {
        var (shared, host) = SharedWith(trace.Hops);
        var rows = new List<(string Hop, string RoundTrip, string Address)>();
        if (shared > 0)
        {
            rows.Add(("-", shared == 1 ? $"Hop 1 is the same as for {host}" : $"Hops 1-{shared} are the same as for {host}", ""));
        }

        for (var i = shared; i < trace.Hops.Count; i++)
        {
            var hop = trace.Hops[i];
            if (hop.Address is { } address)
            {
                var named = hop.Name is { } name ? $"{TerminalText.Escape(name)} ({address})" : $"{address}";
                rows.Add(($"{hop.TimeToLive}", $"{Milliseconds(hop.RoundTrip)} ms", named));
                continue;
            }

            var first = hop.TimeToLive;
            while (i + 1 < trace.Hops.Count && trace.Hops[i + 1].Address is null)
            {
                i++;
            }

            rows.Add(($"{first}", trace.Hops[i].TimeToLive == first ? "..." : $"... {trace.Hops[i].TimeToLive}", ""));
        }

        // What has no address does not widen the column of times.
        var hopWidth = Math.Max("HOP".Length, rows.Count == 0 ? 0 : rows.Max(static row => row.Hop.Length));
        var times = rows.Where(static row => row.Address.Length > 0).Select(static row => row.RoundTrip.Length);
        var timeWidth = Math.Max("RTT".Length, times.DefaultIfEmpty().Max());
        rows.Insert(0, ("HOP", "RTT", "ADDRESS"));
        foreach (var (hop, time, address) in rows)
        {
            output.Write(hop.PadRight(hopWidth));
            output.Write(' ');
            output.Write(address.Length > 0 ? $"{time.PadRight(timeWidth)} {address}" : time);
            output.WriteLine();
        }
    }

    private void WriteFiltered(HostTrace trace, InternetAddress target)
    {
        if (trace.Filtered.Count == 0)
        {
            return;
        }

        output.Write("\nWHERE PROBES TO FILTERED PORTS END\n"u8);
        var width = trace.Filtered.Max(static filtered => Port(filtered.Port).Length);
        foreach (var filtered in trace.Filtered)
        {
            output.Write($"{Port(filtered.Port).PadRight(width)} {Sentence(filtered, target)}");
            output.WriteLine();
        }
    }

    private static string Port(ProbePort port) => $"{port.Port}/{port.Protocol.Name()}";

    // The host printed before that has the longest beginning in common; never the whole way.
    private (int Count, InternetAddress Host) SharedWith(IReadOnlyList<TraceHop> hops)
    {
        (int Count, InternetAddress Host) best = default;
        foreach (var (host, others) in _printed)
        {
            var count = 0;
            while (count < Math.Min(hops.Count - 1, others.Count) && hops[count].Address == others[count].Address)
            {
                count++;
            }

            while (count > 0 && hops[count - 1].Address is null)
            {
                count--;
            }

            best = count > best.Count ? (count, host) : best;
        }

        return best;
    }
}
