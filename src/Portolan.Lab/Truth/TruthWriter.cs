using System.Globalization;
using Portolan.Lab.Topology;
using Portolan.Scan.Engine;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;

namespace Portolan.Lab.Truth;

/// <summary>Writes what a perfect scanner reports of all hosts and routers of a lab, in the formats of a scan.</summary>
public static class TruthWriter
{
    private const int MostNotes = 100;

    /// <summary>Writes <c>portolan.scan/1</c>, JSON Lines.</summary>
    /// <param name="topology">The lab.</param>
    /// <param name="output">Where to; stays the caller's.</param>
    /// <param name="options">What of it.</param>
    /// <exception cref="PortolanException">The lab has too many hosts to write a line for each, or no place for the vantage.</exception>
    public static void WriteJson(LabTopology topology, Stream output, TruthOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var writer = new JsonLinesWriter(output, ToOutput(options));
        Tell(LabTruth.Create(topology), options, writer);
    }

    /// <summary>Writes nmap's XML.</summary>
    /// <inheritdoc cref="WriteJson"/>
    public static void WriteXml(LabTopology topology, Stream output, TruthOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Tell(LabTruth.Create(topology), options, new NmapXmlWriter(output, ToOutput(options)));
    }

    /// <summary>Reports the truth to an observer, as a scan that knows everything.</summary>
    /// <exception cref="PortolanException">The lab has too many hosts to tell each.</exception>
    public static void Tell(LabTruth truth, TruthOptions options, IScanObserver observer)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(observer);
        var spans = truth.Spans.Where(static span => span.Role is AddressRole.Host or AddressRole.Router).ToList();
        var count = spans.Aggregate(UInt128.Zero, static (sum, span) => sum + span.Addresses.Count);
        if (count > (UInt128)options.MostHosts)
        {
            throw new PortolanException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the lab has {count} addresses, and the truth is written for at most {options.MostHosts}"),
                $"make its ranges of hosts smaller; a score needs no written truth",
                ExitCode.Usage);
        }

        var parts = PartsOf(truth.Topology, options);
        var ports = (ulong)parts.Sum(static part => part.Ports.Count);
        var hosts = spans.ConvertAll(span => Judge(truth, span, parts, options));
        observer.Started(
            new ScanStart(
                options.Time, ScanMode.Raw, "the truth, computed from the topology", truth.Topology.Seed, (ulong)count,
                (ulong)count * ports, NotesOf(truth, spans, parts, options))
            {
                Parts = parts,
            });
        var (up, total) = (0L, 0L);
        for (var i = 0; i < spans.Count; i++)
        {
            var range = spans[i].Addresses;
            for (ulong offset = 0; offset < (ulong)range.Count; offset++)
            {
                var address = range.First.Plus(offset);
                hosts[i].Tell(address, spans[i].NameOf(address), observer);
                total++;
            }

            up += hosts[i].IsUp ? (long)range.Count : 0;
        }

        observer.Ended(new ScanEnd(
            options.Time, TimeSpan.Zero, up, total - up, total, (ulong)count * ports, 0, 0, 0, 0, null, null, IsComplete: true, null));
    }

    private static ScanOutputOptions ToOutput(TruthOptions options) => new()
    {
        Arguments = options.Arguments,
        Version = options.Version,
        AllStates = options.AllStates,

        // Hosts that show nothing are part of the truth.
        Verbosity = 1,
    };

    internal static List<ScanPart> PartsOf(LabTopology topology, TruthOptions options)
    {
        var parts = new List<ScanPart>();
        if (options.Tcp != TcpTechnique.None
            && (options.TcpPorts ?? TruthOptions.UsualPorts(topology, TransportProtocol.Tcp)) is { IsEmpty: false } tcp)
        {
            parts.Add(new ScanPart(ScanTypes.NameOf(options.Tcp), TransportProtocol.Tcp, tcp));
        }

        if (options.Udp && (options.UdpPorts ?? TruthOptions.UsualPorts(topology, TransportProtocol.Udp)) is { IsEmpty: false } udp)
        {
            parts.Add(new ScanPart(ScanTypes.Udp, TransportProtocol.Udp, udp));
        }

        return parts;
    }

    private static TruthHost Judge(LabTruth truth, TruthSpan span, List<ScanPart> parts, TruthOptions options)
    {
        var truths = new List<(TransportProtocol, PortTruth)>();
        foreach (var part in parts)
        {
            truths.AddRange(truth.PortsOf(span, TypeOf(part, options), part.Ports).Select(port => (part.Protocol, port)));
        }

        return new TruthHost(truth.AnswersPing(span), truths, options.Tcp == TcpTechnique.Connect, options.Time);
    }

    internal static ProbeType TypeOf(ScanPart part, TruthOptions options) =>
        part.Protocol == TransportProtocol.Udp ? ProbeType.Udp : new ProbeType(part.Protocol, options.Tcp);

    private static List<string> NotesOf(LabTruth truth, List<TruthSpan> spans, List<ScanPart> parts, TruthOptions options)
    {
        var notes = new List<string>();
        foreach (var span in spans)
        {
            foreach (var part in parts)
            {
                foreach (var port in truth.PortsOf(span, TypeOf(part, options), part.Ports))
                {
                    if (port.Varies && notes.Count < MostNotes)
                    {
                        notes.Add($"{span.Addresses} {port.Ports}/{part.Protocol.Name()} changes with time: {port.Why}");
                    }
                }
            }
        }

        return notes;
    }
}
