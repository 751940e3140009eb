using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Tcp;

namespace Portolan.Cli.Scanning.OwnStack;

/// <summary>One attempt of a <see cref="StackConnector"/>, from its start to its outcome.</summary>
/// <param name="owner">Takes the outcome.</param>
/// <param name="attempt">What is to be done.</param>
/// <param name="startedAt">When it began.</param>
internal sealed class StackAttempt(StackConnector owner, in ConnectAttempt attempt, Instant startedAt) : ITcpHandler
{
    private readonly ConnectAttempt _attempt = attempt;

    /// <summary>What is to be done.</summary>
    public ref readonly ConnectAttempt Asked => ref _attempt;

    /// <summary>When its SYN was made; before that, when it was asked for.</summary>
    public Instant StartedAt { get; set; } = startedAt;

    /// <summary>The stack of the interface that its target is behind.</summary>
    public InterfaceStack? Stack { get; set; }

    /// <summary>Its connection, once there is one.</summary>
    public TcpConnection? Connection { get; set; }

    /// <summary>It has its outcome.</summary>
    public bool IsOver { get; set; }

    /// <inheritdoc/>
    public void OnEstablished(TcpConnection connection, Instant now) => owner.Finish(this, ConnectResult.Connected, now);

    /// <inheritdoc/>
    public void OnClosed(TcpConnection connection, TcpError reason, Instant now) => owner.Finish(this, ResultOf(reason), now);

    private static ConnectResult ResultOf(TcpError reason) => reason switch
    {
        TcpError.Refused or TcpError.PortUnreachable => ConnectResult.Refused,
        TcpError.TimedOut => ConnectResult.TimedOut,
        TcpError.HostUnreachable => ConnectResult.HostUnreachable,
        TcpError.NetworkUnreachable => ConnectResult.NetworkUnreachable,
        TcpError.Prohibited => ConnectResult.Prohibited,
        TcpError.ProtocolUnreachable => ConnectResult.ProtocolUnreachable,
        TcpError.Reset => ConnectResult.Reset,
        _ => ConnectResult.Failed,
    };
}
