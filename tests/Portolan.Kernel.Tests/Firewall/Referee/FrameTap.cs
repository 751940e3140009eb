using System.Net.Sockets;
using System.Runtime.InteropServices;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Firewall.Referee;

/// <summary>Frames of one interface: sent as they are, and received as they come in.</summary>
internal sealed partial class FrameTap : IDisposable
{
    /// <summary>An EtherType for local experiments (IEEE 802), which no stack takes.</summary>
    internal const ushort MarkerType = 0x88b5;

    private const ushort All = 3;
    private const int OutgoingPacket = 23;

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[2048];

    /// <summary>Opens one in the calling thread's namespace.</summary>
    public FrameTap(int interfaceIndex)
    {
        _socket = NativeSocket.Open(NativeSocket.PacketFamily, NativeSocket.Raw, 0);
        _socket.Blocking = false;
        _socket.SetRawSocketOption(1, 33, BitConverter.GetBytes(16 << 20));

        // PACKET_IGNORE_OUTGOING: only what comes in.
        _socket.SetRawSocketOption(263, OutgoingPacket, BitConverter.GetBytes(1));

        // All of them, for a socket that wants only markers would get them behind the ingress hook, where a rule may drop them.
        NativeSocket.BindPacket(_socket, interfaceIndex, All);
    }

    public void Send(byte[] frame) => Assert.Equal(frame.Length, _socket.Send(frame));

    /// <summary>The next frame, or <c>null</c> when there is none now.</summary>
    public byte[]? TryReceive()
    {
        var length = _socket.Receive(_buffer, SocketFlags.None, out var error);
        return error == SocketError.Success ? _buffer[..length] : null;
    }

    /// <summary>The index of an interface of the calling thread's namespace.</summary>
    internal static int IndexOf(string name) =>
        if_nametoindex(name) is > 0 and var index ? (int)index : throw new InvalidOperationException($"no interface {name}");

    public void Dispose() => _socket.Dispose();

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial uint if_nametoindex(string name);
}
