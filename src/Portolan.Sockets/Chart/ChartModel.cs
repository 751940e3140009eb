using Portolan.Sockets.Naming;

namespace Portolan.Sockets.Chart;

/// <summary>The chart of a machine: every port it listens on, by who can reach it.</summary>
/// <param name="Rows">One per namespace, port, protocol and owner: the caller's namespace first, in it what listens outside first, then by
/// port.</param>
/// <param name="Warnings">What deserves a line of its own.</param>
/// <param name="ClientSockets">Datagram sockets on ports the kernel chose: clients waiting for answers, left out of
/// <paramref name="Rows"/>.</param>
/// <param name="HiddenOwners">Rows whose holder privilege hides.</param>
public sealed record ChartModel(
    IReadOnlyList<ChartRow> Rows,
    IReadOnlyList<ChartWarning> Warnings,
    int ClientSockets,
    int HiddenOwners)
{
    /// <summary>The rows of one group.</summary>
    public IEnumerable<ChartRow> In(ChartGroup group) => Rows.Where(r => r.Group == group);
}

/// <summary>The parts that the chart is printed in, in their order.</summary>
public enum ChartGroup
{
    /// <summary>Anyone can reach it, or nearly anyone.</summary>
    Reachable,

    /// <summary>Some can.</summary>
    Limited,

    /// <summary>On an outside address; whether anyone gets there is not known.</summary>
    Unknown,

    /// <summary>On an outside address, and no host gets there.</summary>
    Blocked,

    /// <summary>Only this machine can reach it.</summary>
    ThisMachine,

    /// <summary>In another network namespace.</summary>
    OtherNamespaces,
}

/// <summary>One port with one owner.</summary>
public sealed record ChartRow
{
    /// <summary>Index into <see cref="SocketSnapshot.Namespaces"/>.</summary>
    public required int NamespaceIndex { get; init; }

    /// <summary>Whether it lies in the caller's own namespace.</summary>
    public required bool IsOwnNamespace { get; init; }

    /// <summary>The local port of the row's sockets.</summary>
    public required PortNumber Port { get; init; }

    /// <summary>The protocol; MPTCP is TCP here.</summary>
    public required TransportProtocol Protocol { get; init; }

    /// <summary>The distinct binds, sorted.</summary>
    public required IReadOnlyList<PortBind> Binds { get; init; }

    /// <summary>Who holds it.</summary>
    public required PortOwner Owner { get; init; }

    /// <summary>The registered service name, or <c>null</c>.</summary>
    public string? Service { get; init; }

    /// <summary>What runs here, by its owner or by its own answers; <c>null</c> where nothing but the number tells.</summary>
    public RunningService? Running { get; init; }

    /// <summary>The result of identification; <c>null</c> if it was not requested.</summary>
    public ServiceInquiry? Inquiry { get; init; }

    /// <summary>Who can reach it.</summary>
    public PortExposure Exposure { get; init; }

    /// <summary>The firewall's verdict.</summary>
    public PortVerdict Verdict { get; init; } = PortVerdict.NotJudged;

    /// <summary>A client's datagram sockets, which wait for answers and serve nobody.</summary>
    public bool IsClient { get; init; }

    /// <summary>Connections a peer holds open now (ESTABLISHED and CLOSE-WAIT).</summary>
    public int Connections { get; init; }

    /// <summary>Payload bytes received on those connections, or <c>null</c> where the kernel does not count.</summary>
    public ulong? BytesIn { get; init; }

    /// <summary>Payload bytes sent on them, retransmissions excluded, or <c>null</c>.</summary>
    public ulong? BytesOut { get; init; }

    /// <summary>The forward of Portolan that has the kernel lead its packets on, or <c>null</c>.</summary>
    public PortForward? Forward { get; init; }

    /// <summary>What deserves a line below the row. Plain sentences, no outside text.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The group it is shown in.</summary>
    public ChartGroup Group => !IsOwnNamespace ? ChartGroup.OtherNamespaces
        : Exposure switch
        {
            PortExposure.Local => ChartGroup.ThisMachine,
            PortExposure.Reachable => ChartGroup.Reachable,
            PortExposure.Limited => ChartGroup.Limited,
            PortExposure.Blocked => ChartGroup.Blocked,
            _ => ChartGroup.Unknown,
        };
}

/// <summary>Something wrong with the machine rather than with one listener.</summary>
/// <param name="Code"><c>ephemeral-ports</c> or <c>close-wait</c>.</param>
/// <param name="Text">One sentence without a full stop. May contain a process name: hostile text.</param>
public sealed record ChartWarning(string Code, string Text);

/// <summary>The result of identifying a service.</summary>
/// <param name="State">How it ended, as the machine formats say it: <c>identified</c>, <c>unknown</c>, <c>silent</c>,
/// <c>closed-at-once</c>, <c>unreachable</c>, <c>not-asked</c>.</param>
/// <param name="Reply">The first bytes of that is unknown, as printable ASCII; else <c>null</c>.</param>
/// <param name="Reason">Why it was not asked; else <c>null</c>.</param>
public sealed record ServiceInquiry(string State, string? Reply, string? Reason);
