using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Portolan.Transport;

namespace Portolan.Packetdrill;

// Packets, time, poll; and the table of all calls.
internal static unsafe partial class Calls
{
    internal static void Fill(PacketdrillInterface* table)
    {
        var missing = (nint)(delegate* unmanaged[Cdecl]<nint, int>)&Missing;
        *table = new PacketdrillInterface
        {
            Free = (nint)(delegate* unmanaged[Cdecl]<nint, void>)&Free,
            Socket = (nint)(delegate* unmanaged[Cdecl]<nint, int, int, int, int>)&Socket,
            Bind = (nint)(delegate* unmanaged[Cdecl]<nint, int, byte*, uint, int>)&Bind,
            Listen = (nint)(delegate* unmanaged[Cdecl]<nint, int, int, int>)&Listen,
            Accept = (nint)(delegate* unmanaged[Cdecl]<nint, int, byte*, uint*, int>)&Accept,
            Connect = (nint)(delegate* unmanaged[Cdecl]<nint, int, byte*, uint, int>)&Connect,
            Read = (nint)(delegate* unmanaged[Cdecl]<nint, int, nint, long, long>)&Read,
            ReadVector = (nint)(delegate* unmanaged[Cdecl]<nint, int, IoVector*, int, long>)&ReadVector,
            Receive = (nint)(delegate* unmanaged[Cdecl]<nint, int, nint, long, int, long>)&Receive,
            ReceiveFrom = (nint)(delegate* unmanaged[Cdecl]<nint, int, nint, long, int, byte*, uint*, long>)&ReceiveFrom,
            ReceiveMessage = (nint)(delegate* unmanaged[Cdecl]<nint, int, MessageHeader*, int, long>)&ReceiveMessage,
            Write = (nint)(delegate* unmanaged[Cdecl]<nint, int, nint, long, long>)&Write,
            WriteVector = (nint)(delegate* unmanaged[Cdecl]<nint, int, IoVector*, int, long>)&WriteVector,
            Send = (nint)(delegate* unmanaged[Cdecl]<nint, int, nint, long, int, long>)&Send,
            SendTo = (nint)(delegate* unmanaged[Cdecl]<nint, int, nint, long, int, byte*, uint, long>)&SendTo,
            SendMessage = (nint)(delegate* unmanaged[Cdecl]<nint, int, MessageHeader*, int, long>)&SendMessage,
            FileControl = (nint)(delegate* unmanaged[Cdecl]<nint, int, int, long, int>)&FileControl,
            DeviceControl = (nint)(delegate* unmanaged[Cdecl]<nint, int, ulong, int*, int>)&DeviceControl,
            Close = (nint)(delegate* unmanaged[Cdecl]<nint, int, int>)&Close,
            Shutdown = (nint)(delegate* unmanaged[Cdecl]<nint, int, int, int>)&Shutdown,
            GetOption = (nint)(delegate* unmanaged[Cdecl]<nint, int, int, int, byte*, int*, int>)&GetSocketOption,
            SetOption = (nint)(delegate* unmanaged[Cdecl]<nint, int, int, int, byte*, uint, int>)&SetSocketOption,
            Poll = (nint)(delegate* unmanaged[Cdecl]<nint, PollEntry*, ulong, int, int>)&Poll,
            FrameIn = (nint)(delegate* unmanaged[Cdecl]<nint, byte*, long, int>)&FrameIn,
            FrameOut = (nint)(delegate* unmanaged[Cdecl]<nint, byte*, long*, long*, int>)&FrameOut,
            Sleep = (nint)(delegate* unmanaged[Cdecl]<nint, uint, int>)&Sleep,
            TimeOfDay = (nint)(delegate* unmanaged[Cdecl]<nint, long*, nint, int>)&TimeOfDay,
            EpollCreate = missing,
            EpollControl = missing,
            EpollWait = missing,
            Pipe = missing,
            Splice = missing,
        };
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Poll(nint user, PollEntry* entries, ulong count, int timeout)
    {
        var world = Entry.World!;
        lock (world.Gate)
        {
            world.Refresh();
            var deadline = timeout < 0 ? Instant.Never : world.Now + TimeSpan.FromMilliseconds(timeout);
            var call = new PendingCall(
                isLate => PollOnce(world, entries, (int)count) is var ready && (ready > 0 || isLate) ? ready : null, deadline);
            world.Wait(call);
            _endedAt = call.EndedAt.Nanoseconds / 1000;
            return (int)call.Result;
        }
    }

    private static long PollOnce(World world, PollEntry* entries, int count)
    {
        var ready = 0;
        for (var i = 0; i < count; i++)
        {
            entries[i].Returned = world.Sockets.Find(entries[i].Descriptor)?.Events(entries[i].Wanted) ?? 0x20;
            ready += entries[i].Returned != 0 ? 1 : 0;
        }

        return ready;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FrameIn(nint user, byte* packet, long length)
    {
        var world = Entry.World!;
        lock (world.Gate)
        {
            world.Refresh();
            world.FrameIn(new ReadOnlySpan<byte>(packet, (int)length));
            return 0;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FrameOut(nint user, byte* packet, long* length, long* microseconds)
    {
        var world = Entry.World!;
        lock (world.Gate)
        {
            if (world.FrameOut(out var sentAt) is not { } bytes)
            {
                Console.Error.WriteLine("the stack sends nothing more, and the script waits for a packet");
                Exit(1);
                return -1;
            }

            bytes.CopyTo(new Span<byte>(packet, (int)*length));
            *length = bytes.Length;
            *microseconds = sentAt;
            return 0;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Sleep(nint user, uint microseconds)
    {
        var world = Entry.World!;
        lock (world.Gate)
        {
            world.Sleep(microseconds);
            return 0;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int TimeOfDay(nint user, long* time, nint zone)
    {
        var world = Entry.World!;
        lock (world.Gate)
        {
            var now = _endedAt != 0 ? _endedAt : world.AskTime();
            _endedAt = 0;
            (time[0], time[1]) = (now / 1_000_000, now % 1_000_000);
            return 0;
        }
    }

    /// <summary>Ends the process at once: the thread of a blocking call may wait for ever.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int code);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        internal int Descriptor;
        internal short Wanted;
        internal short Returned;
    }
}
