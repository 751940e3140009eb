using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Tests.Scan.Simulation;

/// <summary>A host of a simulated network: which ports do what, how far away it is, what it limits.</summary>
internal sealed class SimulatedHost
{
    internal Func<int, PortBehaviour> Tcp { get; init; } = static _ => PortBehaviour.Closed;

    internal Func<int, PortBehaviour> Udp { get; init; } = static _ => PortBehaviour.Closed;

    /// <summary>Milliseconds there and back.</summary>
    internal double RoundTrip { get; init; } = 0.3;

    internal bool AnswersArp { get; init; } = true;

    internal bool AnswersPing { get; init; } = true;

    internal AnswerLimit? ResetLimit { get; init; }

    internal AnswerLimit? ErrorLimit { get; init; }

    /// <summary>ICMP or ICMPv6 code of rejected ports.</summary>
    internal byte RejectCode { get; init; } = (byte)IcmpUnreachableCode.AdministrativelyProhibited;

    /// <summary>Who rejects: the host itself when <c>null</c>.</summary>
    internal InternetAddress? Rejecter { get; init; }

    internal MacAddress HardwareAddress { get; set; }

    /// <summary>Probes that arrived for each TCP port.</summary>
    internal Dictionary<int, int> Arrived { get; } = [];
}
