using Portolan.Model;
using Portolan.Scan.Identification;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Engine.Services;

/// <summary>A port that is to be asked what it is.</summary>
/// <param name="Host">The host's number in its group.</param>
/// <param name="Slot">The port's number among the host's.</param>
/// <param name="Port">The port.</param>
/// <param name="IsOpen">It is open for certain; otherwise it kept silent (UDP).</param>
internal readonly record struct QueuedPort(int Host, int Slot, Results.ProbePort Port, bool IsOpen);

/// <summary>The ports of a group that are asked what they are, in the order of the run.</summary>
internal sealed class ServiceQueue
{
    /// <summary>The ports that are asked of a host that answers on every port.</summary>
    public const int MaxPortsOfSuch = 100;

    /// <summary>The most UDP ports of a group that are asked though they kept silent: each costs seconds.</summary>
    public const int MaxSilentPorts = 8192;

    private static readonly HashSet<ushort> KnownUdpPorts =
        [.. ServiceCatalog.Udp.Where(static p => p.Opening is not null).SelectMany(static p => p.Ports)];

    private ServiceQueue(
        IReadOnlyList<QueuedPort> ports, IReadOnlyList<int> cut, IReadOnlyDictionary<int, PrinterSigns> printers, int silentLeftOut,
        ulong runNumber) =>
        (Ports, CutHosts, Printers, SilentLeftOut, RunNumber) = (ports, cut, printers, silentLeftOut, runNumber);

    public IReadOnlyList<QueuedPort> Ports { get; }

    /// <summary>Hosts of which not all open ports are asked.</summary>
    public IReadOnlyList<int> CutHosts { get; }

    /// <summary>Hosts that look like printers by what is known of them before they are asked.</summary>
    public IReadOnlyDictionary<int, PrinterSigns> Printers { get; }

    /// <summary>Silent UDP ports beyond <see cref="MaxSilentPorts"/>, which are not asked.</summary>
    public int SilentLeftOut { get; }

    public ulong RunNumber { get; }

    /// <summary>How many ports.</summary>
    public int Count => Ports.Count;

    /// <summary>
    /// Takes the open ports of a group whose services are not known yet, and the UDP ports that kept silent (<c>open|filtered</c>) where a
    /// known protocol has the port: its own question may be answered where the scan's was not. Of a host with few other silent UDP ports
    /// these are asked too.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="settings">The order of the run.</param>
    /// <param name="maxForeign">The most silent UDP ports of a host that are asked though they belong to no known protocol.</param>
    public static ServiceQueue Of(HostGroup group, ScanSettings settings, int maxForeign = 0)
    {
        var all = new List<QueuedPort>();
        var cut = new List<int>();
        var printers = new Dictionary<int, PrinterSigns>();
        var (silentPorts, silentLeftOut) = (0, 0);
        (ProbePorts? Of, List<int> Known, List<int> Foreign) udp = (null, [], []);
        for (var host = 0; host < group.Count; host++)
        {
            if (!group.IsActive(host))
            {
                continue;
            }

            if (!ReferenceEquals(udp.Of, group.PortsOf(host)))
            {
                var (ofKnown, foreign) = SilentOf(group, host);
                udp = (group.PortsOf(host), ofKnown, foreign);
            }

            // Of a host that refuses most ports a silent one is probably open; where all are silent their number says nothing.
            var silent = udp.Known.Where(slot => IsSilent(group, host, slot));
            var others = udp.Foreign.Where(slot => IsSilent(group, host, slot)).Take(maxForeign + 1).ToList();
            foreach (var slot in others.Count <= maxForeign ? silent.Concat(others) : silent)
            {
                if (++silentPorts <= MaxSilentPorts)
                {
                    all.Add(new QueuedPort(host, slot, udp.Of![slot], IsOpen: false));
                }
                else
                {
                    silentLeftOut++;
                }
            }

            if (group.AnsweredCount(host) == 0)
            {
                continue;
            }

            var first = all.Count;
            var signs = default(PrinterSigns);
            var ports = group.PortsOf(host);
            for (var slot = 0; slot < ports.Count; slot++)
            {
                var state = group.StateOf(host, slot);
                if (state != PortState.Open)
                {
                    // What was probed and kept silent is as the scan's technique has it: filtered, or perhaps open.
                    if (state == PortState.Unknown && !group.IsUnprobed(host, slot))
                    {
                        state = group.SilentStateOf(ports[slot].Protocol);
                    }

                    if (state is PortState.Closed or PortState.Filtered)
                    {
                        signs.AddUnopened(ports[slot].Protocol, ports[slot].Port);
                    }

                    continue;
                }

                signs.Add(ports[slot].Protocol, ports[slot].Port);

                // What an earlier process could not send may leave now.
                var answer = group.AnswerOf(host, slot);
                signs.Add(answer?.Service);
                if (answer is null or { Outcome: ServiceOutcome.NotSent })
                {
                    all.Add(new QueuedPort(host, slot, ports[slot], IsOpen: true));
                }
            }

            if (signs.Port is not null)
            {
                printers.Add(host, signs);
            }

            if (group.AnswersEverything(host) && all.Count - first > MaxPortsOfSuch)
            {
                var likeliest = all[first..].OrderBy(static port => TopPorts.PlaceOf(port.Port.Protocol, port.Port.Port))
                    .Take(MaxPortsOfSuch).ToList();
                all.RemoveRange(first, all.Count - first);
                all.AddRange(likeliest);
                cut.Add(host);
            }
        }

        var order = settings.OrderOf((ulong)Math.Max(1, all.Count), settings.Seed);
        return new ServiceQueue(
            [.. Enumerable.Range(0, all.Count).Select(place => all[(int)order.At((ulong)place)])], cut, printers, silentLeftOut,
            settings.Seed);
    }

    private static bool IsSilent(HostGroup group, int host, int slot) => !group.IsAnswered(host, slot) && !group.IsUnprobed(host, slot);

    // A host's UDP ports, those of known protocols and the others, where their silence leaves it open whether they are.
    private static (List<int> Known, List<int> Foreign) SilentOf(HostGroup group, int host)
    {
        var (known, foreign) = (new List<int>(), new List<int>());
        if (group.SilentStateOf(TransportProtocol.Udp) == PortState.OpenFiltered)
        {
            var ports = group.PortsOf(host);
            for (var slot = 0; slot < ports.Count; slot++)
            {
                if (ports[slot].Protocol == TransportProtocol.Udp)
                {
                    (KnownUdpPorts.Contains(ports[slot].Port.Value) ? known : foreign).Add(slot);
                }
            }
        }

        return (known, foreign);
    }
}
