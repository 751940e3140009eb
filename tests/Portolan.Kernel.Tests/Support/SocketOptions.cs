using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Portolan.Kernel.Tests.Support;

/// <summary>Options of sockets by which they refuse packets themselves, as programs set them.</summary>
internal static partial class SocketOptions
{
    private const int SocketLevel = 1;
    private const int TcpLevel = 6;

    /// <summary>TCP_MD5SIG_EXT with TCP_MD5SIG_FLAG_PREFIX: a key for the senders of a prefix.</summary>
    internal static void AddMd5Key(this Socket socket, string prefix)
    {
        const int Md5Extended = 32;
        var network = IPNetwork.Parse(prefix);

        // struct tcp_md5sig: address (128), flags, prefix length, key length (2), interface (4), key (80).
        var option = new byte[216];
        WriteAddress(
            option,
            socket.AddressFamily == AddressFamily.InterNetworkV6 ? network.BaseAddress.MapToIPv6() : network.BaseAddress);
        option[128] = 1;
        option[129] = (byte)network.PrefixLength;
        BinaryPrimitives.WriteUInt16LittleEndian(option.AsSpan(130), 6);
        "secret"u8.CopyTo(option.AsSpan(136));
        socket.SetRawSocketOption(TcpLevel, Md5Extended, option);
    }

    /// <summary>TCP_AO_ADD_KEY for one sender; skips the test where the kernel has no TCP-AO.</summary>
    internal static void AddAoKey(this Socket socket, string address)
    {
        const int AddKey = 38;

        // struct tcp_ao_add: address (128), algorithm (64), interface (4), flags (4), reserved (2), prefix, two ids, MAC length, flags,
        // key length, key.
        var option = new byte[288];
        var sender = IPAddress.Parse(address);
        WriteAddress(option, sender);
        "hmac(sha1)"u8.CopyTo(option.AsSpan(128));
        option[202] = (byte)(sender.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
        option[203] = option[204] = 100;
        option[205] = 12;
        option[207] = 6;
        "secret"u8.CopyTo(option.AsSpan(208));
        try
        {
            socket.SetRawSocketOption(TcpLevel, AddKey, option);
        }
        catch (SocketException exception)
            when (exception.SocketErrorCode is SocketError.ProtocolOption or SocketError.OperationNotSupported)
        {
            Assert.Skip("this kernel has no TCP-AO (CONFIG_TCP_AO)");
        }
    }

    /// <summary>SO_ATTACH_FILTER with a classic program.</summary>
    internal static unsafe void AttachFilter(this Socket socket, params ulong[] instructions)
    {
        const int Attach = 26;
        fixed (ulong* program = instructions)
        {
            var option = new byte[16];
            BinaryPrimitives.WriteUInt16LittleEndian(option, (ushort)instructions.Length);
            BinaryPrimitives.WriteInt64LittleEndian(option.AsSpan(8), (long)program);
            socket.SetRawSocketOption(SocketLevel, Attach, option);
        }
    }

    /// <summary>SO_ATTACH_BPF with an eBPF program that returns a constant.</summary>
    internal static void AttachBpf(this Socket socket, int result)
    {
        const int AttachBpf = 50, SocketFilter = 1;
        using var program = Bpf.Load(SocketFilter, 0, Bpf.Returns(result));
        var option = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(option, program.Descriptor);
        socket.SetRawSocketOption(SocketLevel, AttachBpf, option);
    }

    /// <summary>IP_MINTTL.</summary>
    internal static void SetMinimumTtl(this Socket socket, int ttl) => Set(socket, 0, 21, ttl);

    /// <summary>IPV6_MINHOPCOUNT.</summary>
    internal static void SetMinimumHopLimit(this Socket socket, int limit) => Set(socket, 41, 73, limit);

    /// <summary>SO_REUSEPORT.</summary>
    internal static void ShareThePort(this Socket socket) => Set(socket, SocketLevel, 15, 1);

    /// <summary>Attaches a program to the calling thread's network namespace that refuses every look-up of a socket (sk_lookup).</summary>
    internal static IDisposable DropByLookup()
    {
        const int SocketLookup = 30, AttachType = 36;
        using var program = Bpf.Load(SocketLookup, AttachType, Bpf.Returns(0));
        using var space = File.OpenHandle("/proc/thread-self/ns/net", share: FileShare.ReadWrite);
        return Bpf.Link(program, (int)space.DangerousGetHandle(), AttachType);
    }

    private static void Set(Socket socket, int level, int name, int value)
    {
        var option = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(option, value);
        socket.SetRawSocketOption(level, name, option);
    }

    private static void WriteAddress(Span<byte> option, IPAddress address)
    {
        var socketAddress = new IPEndPoint(address, 0).Serialize();
        socketAddress.Buffer.Span[..socketAddress.Size].CopyTo(option);
    }

    /// <summary>bpf(2), as far as these need it.</summary>
    private static unsafe partial class Bpf
    {
        private const int ProgramLoad = 5, LinkCreate = 28;

        internal static ulong[] Returns(int result) => [0xb7 | ((ulong)(uint)result << 32), 0x95];

        internal static Held Load(uint type, uint attachType, ulong[] instructions)
        {
            fixed (ulong* program = instructions)
            fixed (byte* licence = "GPL\0"u8)
            {
                // union bpf_attr: prog_type, insn_cnt, insns, license, and expected_attach_type at 68.
                var attributes = new byte[72];
                BinaryPrimitives.WriteUInt32LittleEndian(attributes, type);
                BinaryPrimitives.WriteInt32LittleEndian(attributes.AsSpan(4), instructions.Length);
                BinaryPrimitives.WriteInt64LittleEndian(attributes.AsSpan(8), (long)program);
                BinaryPrimitives.WriteInt64LittleEndian(attributes.AsSpan(16), (long)licence);
                BinaryPrimitives.WriteUInt32LittleEndian(attributes.AsSpan(68), attachType);
                return Call(ProgramLoad, attributes);
            }
        }

        internal static Held Link(Held program, int target, uint attachType)
        {
            var attributes = new byte[16];
            BinaryPrimitives.WriteInt32LittleEndian(attributes, program.Descriptor);
            BinaryPrimitives.WriteInt32LittleEndian(attributes.AsSpan(4), target);
            BinaryPrimitives.WriteUInt32LittleEndian(attributes.AsSpan(8), attachType);
            return Call(LinkCreate, attributes);
        }

        private static Held Call(int command, byte[] attributes)
        {
            nint number = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 321 : 280;
            var descriptor = (int)syscall(number, command, attributes, (uint)attributes.Length);
            return descriptor >= 0 ? new Held(descriptor) : throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        [LibraryImport("libc", SetLastError = true)]
        private static partial nint syscall(nint number, int command, byte[] attributes, uint size);
    }

    private sealed partial class Held(int descriptor) : IDisposable
    {
        internal int Descriptor => descriptor;

        public void Dispose() => _ = close(descriptor);

        [LibraryImport("libc")]
        private static partial int close(int descriptor);
    }
}
