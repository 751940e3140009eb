using Portolan.Cli.Scanning.Options;
using Portolan.Linux.Routing;
using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Scan.Engine;
using Portolan.Scan.Identification;
using Portolan.Scan.Names;

namespace Portolan.Cli.Scanning.Machine;

/// <summary>What a scan needs of the machine it runs on. The kernel's, or a test's.</summary>
internal interface IScanMachine
{
    /// <summary>Whether raw packets may be sent and received here.</summary>
    bool IsRawAllowed();

    /// <summary>A new seed of order and cookies, that cannot be guessed.</summary>
    ulong NewSeed();

    /// <summary>Finds the addresses of names.</summary>
    INameLookup OpenLookup(TargetRequest request);

    /// <summary>Finds the names of addresses.</summary>
    /// <param name="request">Who is asked.</param>
    /// <param name="warn">Hears why names may be missing.</param>
    IReverseNames OpenReverseNames(TargetRequest request, Action<string> warn);

    /// <summary>Probes through the system's connections.</summary>
    /// <param name="settings">What to do.</param>
    /// <param name="trace">Takes a line for each probe and answer; <c>null</c> unless requested. Any thread.</param>
    IGroupProber OpenConnectProber(ScanSettings settings, Action<string>? trace);

    /// <summary>Probes with packets of its own making.</summary>
    /// <param name="settings">What to do.</param>
    /// <param name="needs">What it is to know of the host and the run.</param>
    /// <param name="trace">Takes a line for each packet; <c>null</c> unless requested. Any thread.</param>
    IGroupProber OpenRawProber(ScanSettings settings, RawNeeds needs, Action<string>? trace);

    /// <summary>Traces the ways to hosts through the system's connections.</summary>
    /// <param name="settings">What to do.</param>
    /// <param name="trace">Takes a line for each probe and answer; <c>null</c> unless requested.</param>
    IRouteTracer OpenConnectTracer(ScanSettings settings, Action<string>? trace);

    /// <summary>Probes with packets, and completes a handshake with each open TCP port through Portolan's own stack.</summary>
    /// <param name="settings">What to do.</param>
    /// <param name="needs">What it is to know of the host and the run.</param>
    /// <param name="samples">Some targets, to know which of this host's addresses they see.</param>
    /// <param name="trace">Takes a line for each packet; <c>null</c> unless requested. Any thread.</param>
    /// <exception cref="Portolan.Model.PortolanException">The kernel cannot be kept out of the stack's ports.</exception>
    IGroupProber OpenOwnStackProber(ScanSettings settings, RawNeeds needs, IReadOnlyList<InternetAddress> samples, Action<string>? trace);

    /// <summary>Opens what connects to each TCP port that another prober finds open, to hear what its service says first.</summary>
    /// <param name="ports">Finds hosts and ports; disposed with the result, and if this fails.</param>
    /// <param name="settings">The run's settings.</param>
    /// <param name="trace">Takes a line for each connection; <c>null</c> unless requested.</param>
    IGroupProber OpenBannerProber(IGroupProber ports, ScanSettings settings, Action<string>? trace);

    /// <summary>Opens the service identifier.</summary>
    /// <param name="settings">How far.</param>
    /// <param name="trace">Takes a line for each question; <c>null</c> unless requested. Any thread.</param>
    /// <param name="warn">Hears what cannot be asked here.</param>
    ServiceIdentifier OpenIdentifier(IdentifySettings settings, Action<string>? trace, Action<string> warn);

    /// <summary>
    /// Opens what finds ports with packets, and the service identifier behind it, whose connections are those of Portolan's own stack.
    /// </summary>
    /// <param name="settings">What to do; its <see cref="ScanSettings.Services"/> say how far.</param>
    /// <param name="needs">What it is to know of the host and the run.</param>
    /// <param name="samples">Some targets, to know which of this host's addresses they see.</param>
    /// <param name="trace">Takes a line for each packet and question.</param>
    /// <param name="warn">Hears what cannot be asked here.</param>
    /// <exception cref="Portolan.Model.PortolanException">The kernel cannot be kept out of the stack's ports.</exception>
    IGroupProber OpenOwnStackIdentifier(
        ScanSettings settings, RawNeeds needs, IReadOnlyList<InternetAddress> samples, ScanTrace trace, Action<string> warn);

    /// <summary>The interfaces, addresses and routes of this host.</summary>
    HostNetwork ReadNetwork();

    /// <summary>How full this host's table of tracked connections is; <c>null</c> where none is kept.</summary>
    ConnectionTable? ReadConnectionTable();
}

/// <summary>Who takes the lines of <c>--packet-trace</c> and <c>--version-trace</c>. Any thread.</summary>
/// <param name="Packets">Takes a line for each packet; <c>null</c> unless requested.</param>
/// <param name="Questions">Takes a line for each question; <c>null</c> unless requested.</param>
internal readonly record struct ScanTrace(Action<string>? Packets, Action<string>? Questions);

/// <summary>Connections that the firewall of this host keeps track of (nf_conntrack).</summary>
/// <param name="Count">Entries now.</param>
/// <param name="Limit">The most there can be; beyond it packets are dropped.</param>
internal readonly record struct ConnectionTable(long Count, long Limit);

/// <summary>What packets of our own making are sent with.</summary>
/// <param name="Network">Routes, neighbours and links; <c>null</c> where the machine has its own.</param>
/// <param name="Ephemeral">Ports that this host gives to other programs; <c>null</c> when unknown.</param>
/// <param name="ProbesPlanned">Targets × ports of the whole run.</param>
internal sealed record RawNeeds(INetwork? Network, EphemeralRange? Ephemeral, ulong ProbesPlanned);
