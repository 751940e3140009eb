using Portolan.Model;

namespace Portolan.Transport.Ports;

/// <summary>What a holder of a port is doing with it.</summary>
public enum PortUse : byte
{
    /// <summary>Bound, and neither listening nor connected; of UDP any bound socket.</summary>
    Bound,

    /// <summary>A TCP socket that takes connections.</summary>
    Listening,

    /// <summary>One end of a connection.</summary>
    Connected,

    /// <summary>What is left of a connection (RFC 9293 section 3.3.2).</summary>
    TimeWait,
}

/// <summary>Who holds a port: a bound socket or one end of a connection. Good until the port is free again.</summary>
public sealed class PortHolder
{
    internal PortHolder(in PortBinding binding, PortUse use, InternetAddress remote, PortNumber remotePort, bool isExplicit, long order)
    {
        Binding = binding;
        Use = use;
        Remote = remote;
        RemotePort = remotePort;
        IsExplicit = isExplicit;
        Order = order;
    }

    /// <summary>What it holds; the port is never 0.</summary>
    public PortBinding Binding { get; internal set; }

    /// <summary>What it does with it.</summary>
    public PortUse Use { get; internal set; }

    /// <summary>The peer's address of a connection; else <c>::</c>. Of several at this end the newest, while it lives.</summary>
    public InternetAddress Remote { get; internal set; }

    /// <summary>The peer's port of a connection; else 0.</summary>
    public PortNumber RemotePort { get; internal set; }

    /// <summary>Whether it was bound, or accepted from one that was; not so when a connection was given its port.</summary>
    public bool IsExplicit { get; }

    /// <summary>Anything of the caller's.</summary>
    public object? Tag { get; set; }

    internal bool IsReleased { get; set; }

    /// <summary>Its number among those that stand for pairs that rest.</summary>
    internal int StandingNumber { get; set; }

    /// <summary>For how many pairs it stands; 0 for one that is bound or listens.</summary>
    internal int PairCount { get; set; }

    /// <summary>Grows with each holder made: the newest has the largest.</summary>
    internal long Order { get; }

    internal PortShare? Share { get; set; }

    internal PortHolder? Newer { get; set; }

    internal PortHolder? Older { get; set; }

    /// <summary>Such as <c>tcp 0.0.0.0:80 listening</c>, for people.</summary>
    public override string ToString()
    {
        var address = Binding.Address.IsIPv4 ? $"{Binding.Address}" : $"[{Binding.Address}]";
        var end =
            $"{Binding.Protocol.Name()} {address}:{Binding.Port}{(Binding.Interface == 0 ? "" : $" on interface {Binding.Interface}")}";
        return Use switch
        {
            PortUse.Listening => $"{end} listening",
            PortUse.Connected when RemotePort.Value == 0 => $"{end} connected, {Pairs}",
            PortUse.Connected => $"{end} connected to {Remote} port {RemotePort}{More}",
            PortUse.TimeWait when RemotePort.Value == 0 => $"{end} in TIME-WAIT, {Pairs}",
            PortUse.TimeWait => $"{end} in TIME-WAIT with {Remote} port {RemotePort}{More}",
            _ => $"{end} bound",
        };
    }

    private string Pairs => $"{PairCount} {(PairCount == 1 ? "pair" : "pairs")}";

    private string More => PairCount > 1 ? $" and {PairCount - 1} more" : "";

    /// <summary>Stands for one more pair, and is named after it.</summary>
    internal void JoinPair(InternetAddress remote, PortNumber remotePort)
    {
        PairCount++;
        (Remote, RemotePort) = (remote, remotePort);
    }

    /// <summary>Stands for one pair less. The others are not known by name here.</summary>
    internal void LeavePair(InternetAddress remote, PortNumber remotePort)
    {
        PairCount--;
        if (Remote == remote && RemotePort == remotePort)
        {
            (Remote, RemotePort) = (InternetAddress.AnyIPv6, PortNumber.Zero);
        }
    }
}
