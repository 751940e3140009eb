using Portolan.Model;

namespace Portolan.Transport.Ports;

/// <summary>What a holder of a port is doing with it.</summary>
public enum PortUse : byte
{
    /// <summary>Bound, and neither listening nor connected; of UDP any bound socket.</summary>
    Bound,

    /// <summary>Listening.</summary>
    Listening,

    /// <summary>One end of a connection.</summary>
    Connected,

    /// <summary>What is left of a connection (RFC 9293 section 3.3.2).</summary>
    TimeWait,
}

/// <summary>Who holds a port: a bound socket or one end of a connection. Made by <see cref="PortTable"/>, and good until it is released there.</summary>
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

    /// <summary>The peer's address of a connection; else <c>::</c>. Of several that rest in TIME-WAIT at this end the newest.</summary>
    public InternetAddress Remote { get; internal set; }

    /// <summary>The peer's port of a connection; else 0.</summary>
    public PortNumber RemotePort { get; internal set; }

    /// <summary>Whether it was bound, or accepted from one that was; not so when a connection was given its port.</summary>
    public bool IsExplicit { get; }

    /// <summary>Anything of the caller's.</summary>
    public object? Tag { get; set; }

    internal bool IsReleased { get; set; }

    /// <summary>Whether it stands for pairs that are kept elsewhere.</summary>
    internal bool IsStanding { get; set; }

    /// <summary>Its number among those that stand for others.</summary>
    internal int StandingNumber { get; set; }

    /// <summary>For how many resting pairs it stands.</summary>
    internal int RestCount { get; set; }

    /// <summary>Grows with each holder made: the newest has the largest.</summary>
    internal long Order { get; }

    internal PortShare? Share { get; set; }

    internal PortHolder? Newer { get; set; }

    internal PortHolder? Older { get; set; }

    /// <summary>Such as <c>tcp 0.0.0.0:80 listening</c>, for people.</summary>
    public override string ToString()
    {
        var address = Binding.Address.IsIPv4 ? $"{Binding.Address}" : $"[{Binding.Address}]";
        var end = $"{Binding.Protocol.Name()} {address}:{Binding.Port}{(Binding.Interface == 0 ? "" : $" on interface {Binding.Interface}")}";
        return Use switch
        {
            PortUse.Listening => $"{end} listening",
            PortUse.Connected => $"{end} connected to {Remote} port {RemotePort}",
            PortUse.TimeWait when RemotePort.Value == 0 => $"{end} in TIME-WAIT, {RestCount} {(RestCount == 1 ? "pair" : "pairs")}",
            PortUse.TimeWait => $"{end} in TIME-WAIT with {Remote} port {RemotePort}{(RestCount > 1 ? $" and {RestCount - 1} more" : "")}",
            _ => $"{end} bound",
        };
    }
}
