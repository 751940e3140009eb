using System.Runtime.InteropServices;

namespace Portolan.Kernel.Tests.Links;

/// <summary>A TUN device of the test's own: an interface without link header, whose other end is this object.</summary>
internal sealed partial class TunDevice : IDisposable
{
    private const nuint SetInterface = 0x400454ca; // TUNSETIFF, linux/if_tun.h
    private const ushort TunWithoutInformation = 0x1001;
    private const int ReadWrite = 2;

    private readonly int _descriptor;

    private TunDevice(int descriptor) => _descriptor = descriptor;

    /// <summary>Makes the device in the calling thread's namespace. Skips the test where the kernel has none.</summary>
    internal static TunDevice Create(string name)
    {
        var descriptor = open("/dev/net/tun", ReadWrite);
        Assert.SkipWhen(descriptor < 0, $"/dev/net/tun cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        // struct ifreq: 16 bytes of name, then flags.
        var request = new byte[40];
        System.Text.Encoding.ASCII.GetBytes(name, request);
        MemoryMarshal.Write(request.AsSpan(16), TunWithoutInformation);
        Assert.Equal(0, ioctl(descriptor, SetInterface, request));
        return new TunDevice(descriptor);
    }

    /// <summary>The next packet that the host sent, such as one that the kernel sends on its own.</summary>
    internal byte[] Read()
    {
        var buffer = new byte[2048];
        var length = (int)read(_descriptor, buffer, (nuint)buffer.Length);
        Assert.True(length > 0);
        return buffer[..length];
    }

    /// <summary>Gives the host a packet.</summary>
    internal void Write(byte[] packet) => Assert.Equal(packet.Length, write(_descriptor, packet, (nuint)packet.Length));

    public void Dispose() => _ = close(_descriptor);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int descriptor, nuint request, byte[] argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, byte[] buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, byte[] buffer, nuint count);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
