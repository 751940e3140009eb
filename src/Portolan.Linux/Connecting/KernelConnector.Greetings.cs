using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Model;
using Portolan.Packets.Links;

namespace Portolan.Linux.Connecting;

/// <summary>Connections that are kept to hear what the peer says first.</summary>
public sealed partial class KernelConnector
{
    /// <inheritdoc/>
    public void EndListening(Func<ulong, bool> isOver)
    {
        ArgumentNullException.ThrowIfNull(isOver);
        for (var i = 0; i < _slots.Length; i++)
        {
            // What has come and was not read yet counts.
            if (_slots[i].IsListening && isOver(_slots[i].Token) && !Hear(i))
            {
                EndListening(i, isCutOff: true);
            }
        }
    }

    /// <summary>The connection is made: it is told, and kept.</summary>
    private void Listen(int number)
    {
        ref var slot = ref _slots[number];
        _ready.Enqueue(
            new ConnectOutcome(slot.Token, ConnectResult.Connected, 0, _clock.GetElapsedTime(slot.StartedAt)) { IsListening = true });
        slot.IsListening = slot.IsWaiting = true;
        var errno = slot.IsRegistered
            ? _epoll.Change(slot.Descriptor, number, Libc.EPOLLIN)
            : _epoll.Add(slot.Descriptor, number, Libc.EPOLLIN);
        if (errno != 0)
        {
            EndListening(number);
            return;
        }

        slot.IsRegistered = true;
        slot.ListensUntil = TickNow() + Ticks(slot.GreetingWait);
        _wheel.Set(number, slot.ListensUntil);
    }

    /// <summary>Takes what has come.</summary>
    /// <returns>Whether that was all.</returns>
    private unsafe bool Hear(int number)
    {
        ref var slot = ref _slots[number];
        var room = stackalloc byte[GreetingLimit.MaxLength];
        while (true)
        {
            var length = (int)Libc.recv_fd(
                slot.Descriptor, room, (nuint)(GreetingLimit.MaxLength - slot.GreetingLength), Libc.MSG_DONTWAIT);
            var errno = length < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (errno is ConnectErrors.EAGAIN or Errno.Interrupted)
            {
                return false;
            }

            if (length <= 0)
            {
                // It closed, or was reset: what it said before counts.
                EndListening(number, errno: ConnectErrors.IsLost(errno) ? errno : 0);
                return true;
            }

            slot.Greeting ??= new byte[GreetingLimit.MaxLength];
            new ReadOnlySpan<byte>(room, length).CopyTo(slot.Greeting.AsSpan(slot.GreetingLength));
            slot.GreetingLength += length;
            if (slot.GreetingLength == GreetingLimit.MaxLength)
            {
                EndListening(number);
                return true;
            }

            _wheel.Clear(number);
            _wheel.Set(number, Math.Min(slot.ListensUntil, TickNow() + Ticks(GreetingLimit.Pause)));
        }
    }

    private void EndListening(int number, bool isCutOff = false, int errno = 0)
    {
        ref var slot = ref _slots[number];
        var heard = slot.Greeting is null ? default : slot.Greeting.AsMemory(0, slot.GreetingLength);
        _ready.Enqueue(new ConnectOutcome(slot.Token, ConnectResult.Greeted, errno, _clock.GetElapsedTime(slot.StartedAt))
        {
            Reply = heard,
            IsCutOff = isCutOff || errno != 0,
        });

        // A reset leaves no TIME-WAIT. The socket is in the set for other events than an attempt wants, so it is not used again.
        ConnectSocket.Reset(slot.Descriptor);
        Drop(number);
    }

    // An open connection does not learn that its interface went down or its route was taken away. A datagram socket that is connected asks
    // for the way, and sends nothing.
    private int LostWay(SocketName name)
    {
        var descriptor = ConnectSocket.Open(_options, TransportProtocol.Udp, name.Family == Libc.AF_INET, out _);
        if (descriptor < 0)
        {
            return 0;
        }

        var errno = name.Connect(descriptor) == 0 ? 0 : Marshal.GetLastPInvokeError();
        Libc.close(descriptor);
        return ConnectErrors.IsLost(errno) ? errno : 0;
    }

    private static long Ticks(TimeSpan time) => Math.Max(1, (long)Math.Ceiling(time.TotalSeconds * TicksPerSecond));
}
