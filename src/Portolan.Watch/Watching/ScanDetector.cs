using System.Globalization;
using Portolan.Linux.Bpf.Probes;

namespace Portolan.Watch.Watching;

/// <summary>A scan of this machine's ports.</summary>
/// <param name="Source">Where its packets say they come from; anyone can write that.</param>
/// <param name="Ports">The ports without a service that it tried, of the last day, by protocol; at most so many as are kept.</param>
/// <param name="Since">When the first of them was tried.</param>
public sealed record ScanSighting(
    AddressPrefix Source, IReadOnlyList<(TransportProtocol Protocol, PortNumber Port)> Ports, DateTimeOffset Since)
{
    private const int MostNamed = 8;

    /// <summary>The scan in words.</summary>
    public string Text
    {
        get
        {
            var named = Ports.Take(MostNamed).Select(static port => string.Create(
                CultureInfo.InvariantCulture, $"{port.Port.Value}/{port.Protocol.Name()}"));
            var more = Ports.Count > MostNamed ? ", …" : "";
            var ports = string.Join(", ", named) + more;
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{Source} scans this machine: {Ports.Count} ports without a service, {ports}; the address may be forged");
        }
    }
}

/// <summary>
/// Recognises who scans this machine: 15 different ports without a service within ten minutes, or 30 within a day, from one address of IPv4
/// or one /64 of IPv6. Clients of this machine's services try ports that are served, and a port that is gone is one port.
/// </summary>
/// <remarks>At most 2,048 sources with 64 ports each are kept, less than 2 MB: what was seen longest ago makes room.</remarks>
/// <param name="ephemeral">
/// Ports of clients: UDP packets there may be late answers, and do not count. <c>null</c> where they are not known.
/// </param>
public sealed class ScanDetector(EphemeralRange? ephemeral)
{
    /// <summary>How many ports within <see cref="ShortWindow"/> are a scan.</summary>
    public const int MostInShort = 15;

    /// <summary>How many ports within <see cref="LongWindow"/> are a scan.</summary>
    public const int MostInLong = 30;

    private const int MostSources = 2048;
    private const int MostPorts = 64;

    /// <summary>Ten minutes.</summary>
    public static readonly TimeSpan ShortWindow = TimeSpan.FromMinutes(10);

    /// <summary>A day; a source that was quiet for so long and scans again is another scan.</summary>
    public static readonly TimeSpan LongWindow = TimeSpan.FromDays(1);

    private readonly Dictionary<AddressPrefix, Source> _sources = [];

    /// <summary>Takes a probe.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="at">When it came.</param>
    /// <returns>The scan, when this probe makes it one; each scan once.</returns>
    public ScanSighting? Take(PortProbe probe, DateTimeOffset at)
    {
        if (probe.Protocol != TransportProtocol.Tcp && ephemeral?.Contains(probe.Port) != false)
        {
            return null;
        }

        if (!_sources.TryGetValue(probe.Source, out var source))
        {
            MakeRoom();
            _sources.Add(probe.Source, source = new Source());
        }

        if (!source.Take((probe.Protocol, probe.Port), at))
        {
            return null;
        }

        return new ScanSighting(
            probe.Source, [.. source.Ports.Keys.OrderBy(static key => key.Item1).ThenBy(static key => key.Item2.Value)], source.First);
    }

    // A tenth at once: else each packet of a flood with forged sources would look through all.
    private void MakeRoom()
    {
        if (_sources.Count < MostSources)
        {
            return;
        }

        foreach (var (prefix, _) in _sources.OrderBy(static pair => pair.Value.Last).Take(MostSources / 10).ToArray())
        {
            _sources.Remove(prefix);
        }
    }

    private sealed class Source
    {
        private bool _isSaid;

        public Dictionary<(TransportProtocol, PortNumber), DateTimeOffset> Ports { get; } = [];

        public DateTimeOffset Last { get; private set; }

        public DateTimeOffset First => Ports.Values.Min();

        // Whether it is a scan now, and was not before.
        public bool Take((TransportProtocol, PortNumber) port, DateTimeOffset at)
        {
            _isSaid &= at - Last < LongWindow;
            Last = at;
            Forget(at);
            Ports[port] = at;
            if (_isSaid || (Ports.Count < MostInLong && Ports.Values.Count(time => at - time < ShortWindow) < MostInShort))
            {
                return false;
            }

            return _isSaid = true;
        }

        private void Forget(DateTimeOffset at)
        {
            foreach (var (port, time) in Ports)
            {
                if (at - time >= LongWindow)
                {
                    Ports.Remove(port);
                }
            }

            if (Ports.Count >= MostPorts)
            {
                Ports.Remove(Ports.MinBy(static pair => pair.Value).Key);
            }
        }
    }
}
