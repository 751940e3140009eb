using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Portolan.Kernel.Tests.Support;
using Portolan.Model;
using Portolan.Transport.Ports;

namespace Portolan.Kernel.Tests.Transport;

/// <summary>A socket bound by the bare system call: .NET's own bind sets options that nobody asked for.</summary>
internal sealed partial class KernelPort : IDisposable
{
    private const int SolSocket = 1;
    private const int SoReuseAddress = 2;
    private const int SoReusePort = 15;
    private const int SoBindToIfIndex = 62;
    private const int IpV6 = 41;
    private const int V6Only = 26;

    private readonly Socket _socket;

    private KernelPort(Socket socket) => _socket = socket;

    /// <summary>The port it has.</summary>
    internal PortNumber Port
    {
        get
        {
            var name = new byte[28];
            var length = (uint)name.Length;
            Assert.Equal(0, getsockname(Descriptor(_socket), name, ref length));
            return new PortNumber(BinaryPrimitives.ReadUInt16BigEndian(name.AsSpan(2)));
        }
    }

    /// <summary>
    /// Makes a socket with the options of a binding, of another user when one is named, and binds it. Returns the error number, or 0.
    /// </summary>
    internal static int TryBind(in PortBinding binding, out KernelPort? port, uint? user = null)
    {
        var family = binding.Address.IsIPv4 ? NativeSocket.IPv4 : NativeSocket.IPv6;
        var socket = NativeSocket.Open(
            family, binding.Protocol == TransportProtocol.Tcp ? NativeSocket.Stream : NativeSocket.Datagram, (int)binding.Protocol);
        Set(socket, SolSocket, SoReuseAddress, binding.ReuseAddress ? 1 : 0);
        Set(socket, SolSocket, SoReusePort, binding.ReusePort ? 1 : 0);
        if (family == NativeSocket.IPv6)
        {
            Set(socket, IpV6, V6Only, binding.IsV6Only ? 1 : 0);
        }

        if (binding.Interface != 0)
        {
            Set(socket, SolSocket, SoBindToIfIndex, binding.Interface);
        }

        if (user is { } owner)
        {
            Assert.Equal(0, fchown(Descriptor(socket), owner, uint.MaxValue));
        }

        // struct sockaddr_in and sockaddr_in6.
        var name = new byte[family == NativeSocket.IPv4 ? 16 : 28];
        MemoryMarshal.Write(name, (ushort)family);
        BinaryPrimitives.WriteUInt16BigEndian(name.AsSpan(2), binding.Port.Value);
        binding.Address.WriteBytes(name.AsSpan(family == NativeSocket.IPv4 ? 4 : 8));
        var error = bind(Descriptor(socket), name, (uint)name.Length) == 0 ? 0 : Marshal.GetLastPInvokeError();
        if (error != 0)
        {
            socket.Dispose();
        }

        port = error == 0 ? new KernelPort(socket) : null;
        return error;
    }

    /// <summary>listen(2): the error number, or 0.</summary>
    internal int Listen() => listen(Descriptor(_socket), 8) == 0 ? 0 : Marshal.GetLastPInvokeError();

    public void Dispose() => _socket.Dispose();

    private static void Set(Socket socket, int level, int option, int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        MemoryMarshal.Write(bytes, value);
        socket.SetRawSocketOption(level, option, bytes);
    }

    private static int Descriptor(Socket socket) => (int)socket.SafeHandle.DangerousGetHandle();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int sockfd, byte[] addr, uint addrlen);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchown(int fd, uint owner, uint group);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int listen(int sockfd, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockname(int sockfd, byte[] addr, ref uint addrlen);
}
