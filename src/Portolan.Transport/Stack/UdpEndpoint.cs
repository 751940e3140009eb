using System.Net;
using System.Net.Sockets;
using Portolan.Model;
using Portolan.Transport.Ip;
using Portolan.Transport.Udp;

namespace Portolan.Transport;

/// <summary>A datagram that came.</summary>
/// <param name="Length">Bytes of it that were copied.</param>
/// <param name="FullLength">Bytes that it had; more than were copied when the buffer was too short.</param>
/// <param name="RemoteEndPoint">Its sender.</param>
/// <param name="LocalAddress">Where it was sent to.</param>
/// <param name="Interface">The number of the interface it arrived on.</param>
public readonly record struct UdpReceived(int Length, int FullLength, IPEndPoint RemoteEndPoint, IPAddress LocalAddress, int Interface);

/// <summary>Sends and receives datagrams. Made by <see cref="NetworkStack.BindUdp"/>.</summary>
/// <remarks>
/// Any threads; several may receive at once. Errors are <see cref="SocketException"/>, as those of the framework's sockets.
/// </remarks>
public sealed class UdpEndpoint : IUdpOwner, IDisposable
{
    private readonly NetworkStack _stack;
    private readonly UdpSocket _socket;
    private readonly Queue<UdpCall<Memory<byte>, UdpReceived>> _receiving = new();
    private readonly Queue<UdpCall<Datagram, bool>> _sending = new();
    private int _isDisposed;

    internal UdpEndpoint(NetworkStack stack, UdpSocket socket, IPEndPoint endPoint)
    {
        (_stack, _socket, LocalEndPoint) = (stack, socket, endPoint);
        socket.Owner = this;
    }

    /// <summary>Where it is bound, with the port that was chosen.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Ties it to a peer, or from one to another: it takes datagrams and errors from there only. What waits stays.</summary>
    /// <exception cref="SocketException"><see cref="SocketError.NetworkUnreachable"/>: no way there, or another endpoint has the
    /// pair.</exception>
    /// <example><code>await socket.ConnectAsync(IPEndPoint.Parse("198.18.0.1:53"));</code></example>
    public async Task ConnectAsync(IPEndPoint remote)
    {
        ThrowIfDisposed();
        var (address, port, _) = StackAddresses.From(remote);
        if (!await _stack.InvokeAsync(_ => _socket.TryConnect(address.Unmap(), port)))
        {
            throw new SocketException(
                (int)SocketError.NetworkUnreachable, $"connecting to {remote}: no way there, or another endpoint has the pair");
        }
    }

    /// <summary>Unties it from its peer: it takes datagrams of everybody again. What waits stays. Without a peer nothing happens.</summary>
    public async Task DisconnectAsync()
    {
        ThrowIfDisposed();
        await _stack.InvokeAsync(_ => _socket.Disconnect());
    }

    /// <summary>Sends a datagram; waits while the link takes nothing.</summary>
    /// <param name="data">At most 65,507 bytes over IPv4 and 65,527 over IPv6. It is the stack's until the call ends; after a cancellation
    /// nothing is read from it.</param>
    /// <param name="remote">Where to; <c>null</c> for the peer of a connected endpoint.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Ends when the link has taken the datagram.</returns>
    /// <exception cref="SocketException">
    /// <see cref="SocketError.NetworkUnreachable"/>, <see cref="SocketError.MessageSize"/> or another error; of a connected endpoint also
    /// what ICMP said of an earlier datagram, such as <see cref="SocketError.ConnectionRefused"/>.
    /// </exception>
    /// <example><code>await socket.SendAsync("hello"u8.ToArray(), IPEndPoint.Parse("198.18.0.1:53"));</code></example>
    public async Task SendAsync(ReadOnlyMemory<byte> data, IPEndPoint? remote = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        cancellationToken.ThrowIfCancellationRequested();
        var sending = new UdpCall<Datagram, bool>(new Datagram(data, remote));
        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((UdpCall<Datagram, bool>)state!).Cancel(token), sending);
        _stack.Post(_ =>
        {
            _sending.Enqueue(sending);
            SendAll();
        });
        if (_stack.IsOver)
        {
            sending.Fail(new ObjectDisposedException(_stack.Name));
        }

        await sending.Task;
    }

    /// <summary>Waits for a datagram.</summary>
    /// <param name="buffer">It goes here; what does not fit is lost. It is the stack's until the call ends; after a cancellation nothing is
    /// written into it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How long the datagram is, its sender, and where it was sent to.</returns>
    /// <exception cref="SocketException">
    /// Of a connected endpoint what ICMP says, such as <see cref="SocketError.ConnectionRefused"/>;
    /// <see cref="SocketError.OperationAborted"/> when it is disposed meanwhile.
    /// </exception>
    /// <example>
    /// <code>
    /// var buffer = new byte[1500];
    /// var received = await socket.ReceiveAsync(buffer);
    /// Console.WriteLine($"{received.Length} bytes from {received.RemoteEndPoint}");
    /// </code>
    /// </example>
    public async ValueTask<UdpReceived> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        cancellationToken.ThrowIfCancellationRequested();
        var receiving = new UdpCall<Memory<byte>, UdpReceived>(buffer);
        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((UdpCall<Memory<byte>, UdpReceived>)state!).Cancel(token), receiving);
        _stack.Post(_ =>
        {
            _receiving.Enqueue(receiving);
            ReceiveAll();
        });
        if (_stack.IsOver)
        {
            receiving.Fail(new ObjectDisposedException(_stack.Name));
        }

        return await receiving.Task;
    }

    /// <summary>Joins a multicast group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="interfaceNumber">The interface, or 0 for the one the routes say.</param>
    /// <exception cref="SocketException"><see cref="SocketError.AddressNotAvailable"/>: no group, no interface, or it is in it
    /// already.</exception>
    /// <example><code>await socket.JoinAsync(IPAddress.Parse("239.1.2.3"));</code></example>
    public async Task JoinAsync(IPAddress group, int interfaceNumber = 0)
    {
        ThrowIfDisposed();
        if (!await _stack.InvokeAsync(_ => _socket.TryJoin(InternetAddress.From(group), interfaceNumber)))
        {
            throw new SocketException(
                (int)SocketError.AddressNotAvailable, $"joining {group}: no group, no interface for it, or joined already");
        }
    }

    /// <summary>Gives up the port.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _stack.Post(_ => Close());
        }
    }

    void IUdpOwner.OnReceived(UdpSocket socket) => ReceiveAll();

    void IUdpOwner.OnError(UdpSocket socket) => ReceiveAll();

    void IUdpOwner.OnWritable(UdpSocket socket) => SendAll();

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed != 0, this);

    private void SendAll()
    {
        while (_sending.TryPeek(out var next))
        {
            lock (next.Gate)
            {
                if (!next.IsOver && !TrySend(next))
                {
                    return;
                }
            }

            _sending.Dequeue();
        }
    }

    /// <summary>Under the gate of the call.</summary>
    private bool TrySend(UdpCall<Datagram, bool> next)
    {
        UdpSendResult result;
        var (data, to) = next.Memory;
        if (_socket.TryTakeError(out var pending))
        {
            // As with sockets: an error that came is notified once, to the caller that calls next.
            next.Fail(ErrorOf(pending));
            return true;
        }

        if (to is { } remote)
        {
            if (remote.Port == 0)
            {
                next.Fail(new SocketException((int)SocketError.InvalidArgument, $"sending to {remote}: port 0 is invalid"));
                return true;
            }

            var (address, port, scope) = StackAddresses.From(remote);
            result = _socket.Send(data.Span, address, port, scope);
        }
        else
        {
            result = _socket.Send(data.Span);
        }

        if (result == UdpSendResult.Busy)
        {
            return false;
        }

        if (StackErrors.Of(result, $"sending to {to}") is { } error)
        {
            next.Fail(error);
        }
        else
        {
            next.Complete(true);
        }

        return true;
    }

    private void ReceiveAll()
    {
        while (_receiving.TryPeek(out var next))
        {
            lock (next.Gate)
            {
                if (!next.IsOver && !TryReceive(next))
                {
                    return;
                }
            }

            _receiving.Dequeue();
        }
    }

    /// <summary>Under the gate of the call.</summary>
    private bool TryReceive(UdpCall<Memory<byte>, UdpReceived> next)
    {
        if (_socket.IsClosed)
        {
            next.Fail(new SocketException((int)SocketError.OperationAborted, $"{LocalEndPoint} was closed"));
        }
        else if (_socket.TryTakeError(out var error))
        {
            next.Fail(ErrorOf(error));
        }
        else if (_socket.TryReceive(next.Memory.Span, out var arrival))
        {
            next.Complete(new UdpReceived(
                Math.Min(arrival.Length, next.Memory.Length),
                arrival.Length,
                StackAddresses.ToEndPoint(arrival.Source, arrival.SourcePort, arrival.Interface),
                arrival.Destination.ToIPAddress(),
                arrival.Interface));
        }

        return next.IsOver;
    }

    private static SocketException ErrorOf(in UdpError error)
    {
        var code = error.Report.Problem switch
        {
            IcmpProblem.PortUnreachable => SocketError.ConnectionRefused,
            IcmpProblem.NetworkUnreachable => SocketError.NetworkUnreachable,
            IcmpProblem.ProtocolUnreachable => SocketError.ProtocolOption,
            IcmpProblem.Prohibited when !error.Report.Destination.IsIPv4 => SocketError.AccessDenied,
            IcmpProblem.PacketTooBig => SocketError.MessageSize,
            _ => SocketError.HostUnreachable,
        };
        return new SocketException((int)code, $"{error.Report.Destination} port {error.RemotePort}: {error.Report.Problem}");
    }

    private void Close()
    {
        _socket.Close();
        ReceiveAll();
        SendAll();
        _stack.Forget(this);
    }

    private readonly record struct Datagram(ReadOnlyMemory<byte> Data, IPEndPoint? Remote);
}
