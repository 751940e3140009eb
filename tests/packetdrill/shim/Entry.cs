using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Portolan.Packetdrill;

/// <summary>What the library exports.</summary>
internal static unsafe partial class Entry
{
    /// <summary>
    /// packetdrill has one stack, and its calls carry a pointer that could name it; a program has one library, so this one is found
    /// without.
    /// </summary>
    internal static World? World { get; private set; }

    /// <summary>Called once, before anything of a script runs.</summary>
    [UnmanagedCallersOnly(EntryPoint = "packetdrill_interface_init", CallConvs = [typeof(CallConvCdecl)])]
    public static void Init(byte* flags, PacketdrillInterface* table)
    {
        // The library is loaded before others so that it is asked for TCP_INFO too; programs that scripts start have no use for it.
        _ = UnsetEnvironment("LD_PRELOAD");
        World = new World(new Sysctls(
            Marshal.PtrToStringUTF8((nint)flags) is { Length: > 0 } profile
                ? profile
                : Environment.GetEnvironmentVariable("PORTOLAN_PACKETDRILL_PROFILE"),
            Environment.GetEnvironmentVariable("PORTOLAN_PACKETDRILL_SYSCTLS"),
            Environment.GetEnvironmentVariable("PORTOLAN_PACKETDRILL_PROC")));
        Calls.Fill(table);
    }

    /// <summary>packetdrill asks the C library for TCP_INFO, past its own interface.</summary>
    [UnmanagedCallersOnly(EntryPoint = "getsockopt", CallConvs = [typeof(CallConvCdecl)])]
    public static int GetSocketOption(int descriptor, int level, int name, byte* value, int* length)
    {
        if (World is { } world && world.Sockets.Find(descriptor) is not null)
        {
            return Calls.GetOption(world, descriptor, level, name, value, length);
        }

        Marshal.SetLastSystemError(Linux.ENOTSOCK);
        return -1;
    }

    [LibraryImport("libc", EntryPoint = "unsetenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnsetEnvironment(string name);
}
