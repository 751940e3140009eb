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
    private byte[]? _heard;
    private int _length;

    /// <summary>What is to be done.</summary>
    public ref readonly ConnectAttempt Asked => ref _attempt;

    /// <summary>When its SYN was made; before that, when it was asked for.</summary>
    public Instant StartedAt { get; set; } = startedAt;

    /// <summary>The stack of the interface that its target is behind.</summary>
    public InterfaceStack? Stack { get; set; }

    /// <summary>Its connection, once there is one.</summary>
    public TcpConnection? Connection { get; set; }

    /// <summary>Its connection is made and kept, to hear what the peer says first.</summary>
    public bool IsListening { get; set; }

    /// <summary>When it ends by itself: a later time than it was queued with puts it off.</summary>
    public Instant Due { get; set; }

    /// <summary>When it ends whatever the peer says.</summary>
    public Instant ListensUntil { get; set; }

    /// <summary>What the peer has said so far.</summary>
    public ReadOnlyMemory<byte> Heard => _heard is null ? default : _heard.AsMemory(0, _length);

    /// <summary>It has its outcome.</summary>
    public bool IsOver { get; set; }

    /// <inheritdoc/>
    public void OnEstablished(TcpConnection connection, Instant now) => owner.Established(this, now);

    /// <inheritdoc/>
    public void OnReadable(TcpConnection connection, Instant now)
    {
        if (!IsListening || IsOver)
        {
            return;
        }

        _heard ??= new byte[GreetingLimit.MaxLength];
        _length += connection.Read(_heard.AsSpan(_length), now);
        owner.Heard(this, isWhole: _length == GreetingLimit.MaxLength || connection.IsAtEnd, now);
    }

    /// <inheritdoc/>
    public void OnClosed(TcpConnection connection, TcpError reason, Instant now)
    {
        // What it said before it was reset counts.
        owner.Finish(this, IsListening ? ConnectResult.Greeted : ResultOf(reason), now);
    }

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
