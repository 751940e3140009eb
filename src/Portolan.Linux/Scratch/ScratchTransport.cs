using System.Net;
using System.Net.Sockets;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Scratch;

/// <summary>A TCP or UDP socket of the program inside: a listener where the real one is, or the sender of an outgoing packet.</summary>
internal sealed class ScratchTransport : IDisposable
{
    private const int Backlog = 16;

    private readonly bool _isTcp;
    private readonly IPEndPoint _local;
    private readonly string _interfaceName;
    private readonly bool _listens;
    private Socket? _socket;

    private ScratchTransport(bool isTcp, IPEndPoint local, string interfaceName, bool listens) =>
        (_isTcp, _local, _interfaceName, _listens) = (isTcp, local, interfaceName, listens);

    internal static ScratchTransport Read(ref ScratchReader request)
    {
        const int Tcp = 6;
        var protocol = request.Number();
        var local = EndPoint(request.Text(), request.Number());
        return new ScratchTransport(protocol == Tcp, local, request.Text(), request.Number() != 0);
    }

    /// <summary>Opens it in the namespace of the calling thread.</summary>
    internal ScratchTransport Open()
    {
        _socket =
            new Socket(_local.AddressFamily, _isTcp ? SocketType.Stream : SocketType.Dgram, _isTcp ? ProtocolType.Tcp : ProtocolType.Udp);
        try
        {
            if (_local.AddressFamily == AddressFamily.InterNetworkV6)
            {
                _socket.DualMode = false;
            }

            _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            if (_interfaceName.Length > 0)
            {
                _socket.SetRawSocketOption(
                    Libc.SOL_SOCKET, Libc.SO_BINDTODEVICE, System.Text.Encoding.UTF8.GetBytes(_interfaceName + '\0'));
            }

            _socket.Bind(_local);
            if (_listens && _isTcp)
            {
                _socket.Listen(Backlog);
            }

            return this;
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>Has the kernel send the first packet, and does not wait for what comes back.</summary>
    internal void Connect(string address, int port, ReadOnlySpan<byte> datagram)
    {
        var remote = EndPoint(address, port);
        _socket!.Blocking = false;
        try
        {
            if (_isTcp)
            {
                _socket.Connect(remote);
            }
            else
            {
                _socket.SendTo(datagram, SocketFlags.None, remote);
            }
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // It is on its way.
        }
    }

    /// <summary>Takes one request and answers it.</summary>
    internal ScratchService Serve(ReadOnlySpan<byte> reply, int milliseconds)
    {
        if (!IsReady(_socket!, milliseconds))
        {
            return ScratchService.None;
        }

        var request = new byte[2048];
        if (!_isTcp)
        {
            EndPoint from = new IPEndPoint(_local.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
            _socket!.ReceiveFrom(request, ref from);
            try
            {
                _socket.SendTo(reply, SocketFlags.None, from);
            }
            catch (SocketException)
            {
                // A rule of OUTPUT that drops it tells its sender so.
            }

            return ScratchService.Answered;
        }

        using var accepted = _socket!.Accept();
        if (!IsReady(accepted, milliseconds) || accepted.Receive(request) == 0)
        {
            return ScratchService.Connected;
        }

        accepted.Send(reply);
        return ScratchService.Answered;
    }

    private static bool IsReady(Socket socket, int milliseconds) =>
        socket.Poll(TimeSpan.FromMilliseconds(milliseconds), SelectMode.SelectRead);

    public void Dispose() => _socket?.Dispose();

    private static IPEndPoint EndPoint(string address, int port) =>
        IPAddress.TryParse(address, out var parsed) && port is >= 0 and <= ushort.MaxValue
        ? new IPEndPoint(parsed, port)
        : throw new LinuxException(Errno.InvalidArgument, "read an address");
}
