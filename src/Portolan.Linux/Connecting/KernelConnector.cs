using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Model;
using Portolan.Packets.Links;

namespace Portolan.Linux.Connecting;

/// <summary>Connects through the kernel's own stack: nonblocking connect(2), epoll, and sockets that are used again and again.</summary>
/// <remarks>
/// <para>
/// Where the cable is short (loopback, veth, bridges) the answer has come when connect() returns, but the kernel tells only when asked a
/// second time; that second call is made as long as it pays, and such an attempt never meets epoll or the timer. A refused or reset TCP
/// socket is connected again: 65,535 refused ports over veth take 0.7 s on one core this way and 2.4 s with a socket for each. The second
/// looks are 0.025 s of it. io_uring could save the system calls' entries and no more; the rest is the kernel's TCP.
/// </para>
/// <para>For one thread at a time. Sockets belong to the network namespace of the thread that starts an attempt.</para>
/// </remarks>
public sealed partial class KernelConnector : IConnector
{
    private const int Reserve = 16;
    private const int MaxReplyLength = 9216;
    private const int MaxPatience = 64;
    private const long TicksPerSecond = 200;

    private readonly KernelConnectorOptions _options;
    private readonly TimeProvider _clock;
    private readonly EpollSet _epoll = new();
    private readonly Slot[] _slots;
    private readonly Stack<int> _free;
    private readonly Stack<int> _idleIPv4 = new();
    private readonly Stack<int> _idleIPv6 = new();
    private readonly Queue<ConnectOutcome> _ready = new();
    private readonly List<int> _expired = [];
    private readonly TimerWheel _wheel;
    private readonly int _limit;

    // How often a second look is still worth its system call.
    private int _patience = MaxPatience;
    private uint _starts;

    private KernelConnector(KernelConnectorOptions options, int limit, int capacity, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
        _limit = limit;
        _slots = new Slot[capacity];
        _free = new Stack<int>(capacity);
        for (var i = capacity - 1; i >= 0; i--)
        {
            _slots[i].Descriptor = -1;
            _free.Push(i);
        }

        _wheel = new TimerWheel(capacity, TickNow());
    }

    /// <inheritdoc/>
    public int Capacity => _slots.Length;

    /// <inheritdoc/>
    public string Description => $"epoll, up to {Capacity} in flight (limit of open files {_limit})";

    /// <summary>
    /// Opens one of <see cref="KernelConnectorOptions.Shares"/> connectors. Raises this process's limit of open files as far as it may.
    /// </summary>
    /// <exception cref="LinuxException">Not even one descriptor is left.</exception>
    public static KernelConnector Open(KernelConnectorOptions options, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(options);
        var limit = DescriptorLimit.Raise();
        var left = (limit - DescriptorLimit.CountOpen() - Reserve) / Math.Max(1, options.Shares);
        return new KernelConnector(options, limit, Math.Clamp(left, 1, Math.Max(1, options.MaxInFlight)), clock);
    }

    /// <inheritdoc/>
    public ConnectStart TryStart(in ConnectAttempt attempt)
    {
        if (!TryTake(attempt, out var number, out var start))
        {
            return start;
        }

        ref var slot = ref _slots[number];
        if (slot.TimeToLive != attempt.TimeToLive)
        {
            slot.TimeToLive = attempt.TimeToLive;
            ConnectSocket.SetTimeToLive(
                slot.Descriptor, attempt.Address.IsIPv4, attempt.TimeToLive == 0 ? _options.TimeToLive : attempt.TimeToLive);
        }

        slot.Token = attempt.Token;
        slot.Name = new SocketName(attempt.Address, attempt.ScopeId, attempt.Port);
        slot.StartedAt = _clock.GetTimestamp();
        slot.Protocol = attempt.Protocol;
        slot.GreetingWait = attempt.GreetingWait;
        return attempt.Protocol == TransportProtocol.Udp ? StartDatagram(number, attempt) : StartConnection(number, attempt.Timeout);
    }

    /// <inheritdoc/>
    public int Complete(Span<ConnectOutcome> outcomes, TimeSpan timeout)
    {
        Expire();
        var isWaiting = _ready.Count == 0;
        if (isWaiting || _wheel.Count > 0)
        {
            Poll(isWaiting ? timeout : TimeSpan.Zero);
            Expire();
        }

        var count = 0;
        while (count < outcomes.Length && _ready.TryDequeue(out var outcome))
        {
            outcomes[count++] = outcome;
        }

        return count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var i = 0; i < _slots.Length; i++)
        {
            Close(ref _slots[i]);
        }

        _epoll.Dispose();
    }

    private ConnectStart StartConnection(int number, TimeSpan timeout)
    {
        ref var slot = ref _slots[number];
        var errno = slot.Name.Connect(slot.Descriptor) == 0 ? 0 : Marshal.GetLastPInvokeError();
        if (errno is ConnectErrors.EINPROGRESS or Errno.Interrupted)
        {
            return TlsDiagnosis(number) ? ConnectStart.Started : Await(number, timeout, Libc.EPOLLOUT);
        }

        if (errno is 0 or ConnectErrors.ECONNREFUSED)
        {
            Finish(number, errno == 0 ? ConnectResult.Connected : ConnectResult.Refused, errno, null);
            return ConnectStart.Started;
        }

        Drop(number);
        return ConnectErrors.AtStart(errno);
    }

    private unsafe ConnectStart StartDatagram(int number, in ConnectAttempt attempt)
    {
        ref var slot = ref _slots[number];
        var errno = slot.Name.Connect(slot.Descriptor) == 0 ? 0 : Marshal.GetLastPInvokeError();
        if (errno == 0)
        {
            var nothing = (byte)0;
            var payload = attempt.Payload.Span;
            fixed (byte* bytes = payload)
            {
                var sent = Libc.send_fd(slot.Descriptor, bytes == null ? &nothing : bytes, (nuint)payload.Length, Libc.MSG_NOSIGNAL);
                errno = sent >= 0 ? 0 : Marshal.GetLastPInvokeError();
            }
        }

        // A refusal may be there when send() returns.
        if (errno is 0 or ConnectErrors.ECONNREFUSED)
        {
            return Await(number, attempt.Timeout, Libc.EPOLLIN);
        }

        Drop(number);
        return ConnectErrors.AtStart(errno);
    }

    private bool TlsDiagnosis(int number)
    {
        if (_patience <= 0 && ++_starts % MaxPatience != 0)
        {
            return false;
        }

        var isDone = Look(number, mayHaveIcmp: false);
        _patience = isDone ? MaxPatience : Math.Max(0, _patience - 1);
        return isDone;
    }

    private ConnectStart Await(int number, TimeSpan timeout, uint events)
    {
        ref var slot = ref _slots[number];
        if (!slot.IsRegistered)
        {
            var errno = _epoll.Add(slot.Descriptor, number, events);
            if (errno != 0)
            {
                Drop(number);
                return new ConnectStart(ConnectStartResult.Busy, errno);
            }

            slot.IsRegistered = true;
        }

        slot.IsWaiting = true;
        _wheel.Set(number, TickNow() + Math.Max(1, (long)Math.Ceiling(timeout.TotalSeconds * TicksPerSecond)));
        return ConnectStart.Started;
    }

    private void Poll(TimeSpan timeout)
    {
        var wait = (int)Math.Ceiling(Math.Min(timeout.TotalMilliseconds, _wheel.TicksToNext(TicksPerSecond) * 1000.0 / TicksPerSecond));
        var count = _epoll.Wait(Math.Max(0, wait));
        for (var i = 0; i < count; i++)
        {
            // An event of an attempt that is over, on a socket used again, finds nothing new and is forgotten.
            var (number, events) = _epoll[i];
            if (_slots[number].IsWaiting)
            {
                Look(number, (events & Libc.EPOLLERR) != 0);
            }
        }
    }

    /// <summary>Looks whether an attempt that is under way has ended; finishes it if so.</summary>
    private bool Look(int number, bool mayHaveIcmp)
    {
        ref var slot = ref _slots[number];
        if (slot.IsListening)
        {
            return Hear(number);
        }

        if (slot.Protocol == TransportProtocol.Udp)
        {
            return LookAtDatagram(number);
        }

        if (mayHaveIcmp && TryFinishByIcmp(number))
        {
            return true;
        }

        var errno = slot.Name.Connect(slot.Descriptor) == 0 ? 0 : Marshal.GetLastPInvokeError();
        switch (errno)
        {
            case ConnectErrors.EALREADY or ConnectErrors.EINPROGRESS or Errno.Interrupted:
                return false;
            case 0 or ConnectErrors.EISCONN:
                Finish(number, ConnectResult.Connected, 0, null);
                return true;
            default:
                if (!TryFinishByIcmp(number))
                {
                    Finish(number, ConnectErrors.Late(errno), errno, null);
                }

                return true;
        }
    }

    private unsafe bool LookAtDatagram(int number)
    {
        if (TryFinishByIcmp(number))
        {
            return true;
        }

        var buffer = stackalloc byte[MaxReplyLength];
        var length = Libc.recv_fd(_slots[number].Descriptor, buffer, MaxReplyLength, Libc.MSG_DONTWAIT);
        if (length >= 0)
        {
            Finish(number, ConnectResult.Replied, 0, null, new ReadOnlySpan<byte>(buffer, (int)length).ToArray());
            return true;
        }

        var errno = Marshal.GetLastPInvokeError();
        if (errno is ConnectErrors.EAGAIN or Errno.Interrupted)
        {
            return false;
        }

        Finish(number, ConnectErrors.Late(errno), errno, null);
        return true;
    }

    private bool TryFinishByIcmp(int number)
    {
        ref var slot = ref _slots[number];
        var isIPv4 = slot.Name.Family == Libc.AF_INET;
        while (ErrorQueue.TryTake(slot.Descriptor, slot.Name, out var report))
        {
            if (ConnectErrors.IsFinal(report, isIPv4))
            {
                Finish(number, ConnectErrors.Of(report, isIPv4), 0, report);
                return true;
            }
        }

        return false;
    }

    private void Expire()
    {
        if (_wheel.Count == 0)
        {
            return;
        }

        _expired.Clear();
        _wheel.Advance(TickNow(), _expired);
        foreach (var number in _expired)
        {
            // What came in the meantime counts more than the clock.
            if (Look(number, mayHaveIcmp: true))
            {
                continue;
            }

            if (_slots[number].IsListening)
            {
                EndListening(number, errno: LostWay(_slots[number].Name));
            }
            else
            {
                Finish(number, ConnectResult.TimedOut, 0, null);
            }
        }
    }

    private void Finish(int number, ConnectResult result, int errno, IcmpReport? icmp, ReadOnlyMemory<byte> reply = default)
    {
        ref var slot = ref _slots[number];
        _wheel.Clear(number);

        // Towards this host itself the kernel may choose the very port that is probed, and the socket meets itself (RFC 9293 section 3.5,
        // simultaneous open): nothing was learned.
        if (result is ConnectResult.Connected or ConnectResult.Replied && slot.Name.IsOwnOf(slot.Descriptor))
        {
            (result, errno, reply) = (ConnectResult.NotSent, ConnectErrors.EADDRINUSE, default);
            _ready.Enqueue(new ConnectOutcome(slot.Token, result, errno, _clock.GetElapsedTime(slot.StartedAt)));
            Drop(number);
            return;
        }

        if (result == ConnectResult.Connected && slot.GreetingWait > TimeSpan.Zero)
        {
            Listen(number);
            return;
        }

        _ready.Enqueue(new ConnectOutcome(slot.Token, result, errno, _clock.GetElapsedTime(slot.StartedAt)) { Icmp = icmp, Reply = reply });

        // After an error that connect() told, the socket is as new. Else it is made so.
        var isAsNew = icmp is null && result is not (ConnectResult.Connected or ConnectResult.TimedOut);
        if (slot.Protocol == TransportProtocol.Udp || (!isAsNew && !ConnectSocket.Reset(slot.Descriptor)))
        {
            Drop(number);
            return;
        }

        slot.IsWaiting = false;
        (slot.Name.Family == Libc.AF_INET ? _idleIPv4 : _idleIPv6).Push(number);
    }

    private bool TryTake(in ConnectAttempt attempt, out int number, out ConnectStart start)
    {
        start = default;
        var isIPv4 = attempt.Address.IsIPv4;
        var idle = isIPv4 ? _idleIPv4 : _idleIPv6;
        if (attempt.Protocol == TransportProtocol.Tcp && idle.TryPop(out number))
        {
            return true;
        }

        if (!_free.TryPop(out number) && !TryTakeOver(out number))
        {
            start = new ConnectStart(ConnectStartResult.Busy, ConnectErrors.EAGAIN);
            return false;
        }

        var descriptor = ConnectSocket.Open(_options, attempt.Protocol, isIPv4, out var errno);
        if (descriptor < 0 && errno is ConnectErrors.EMFILE or ConnectErrors.ENFILE && TryTakeOver(out var other))
        {
            _free.Push(other);
            descriptor = ConnectSocket.Open(_options, attempt.Protocol, isIPv4, out errno);
        }

        if (descriptor < 0)
        {
            _free.Push(number);
            start = ConnectErrors.AtStart(errno);
            return false;
        }

        _slots[number].Descriptor = descriptor;
        return true;
    }

    // Idle sockets of the other family, or of TCP when UDP is asked for, give way.
    private bool TryTakeOver(out int number)
    {
        if (!_idleIPv4.TryPop(out number) && !_idleIPv6.TryPop(out number))
        {
            return false;
        }

        Close(ref _slots[number]);
        return true;
    }

    private void Drop(int number)
    {
        _wheel.Clear(number);
        Close(ref _slots[number]);
        _free.Push(number);
    }

    private static void Close(ref Slot slot)
    {
        if (slot.Descriptor >= 0)
        {
            Libc.close(slot.Descriptor);
        }

        slot.Descriptor = -1;
        slot.TimeToLive = 0;
        slot.IsRegistered = slot.IsWaiting = slot.IsListening = false;
        (slot.Greeting, slot.GreetingLength) = (null, 0);
    }

    private long TickNow() => (long)(_clock.GetTimestamp() / (double)_clock.TimestampFrequency * TicksPerSecond);

    private struct Slot
    {
        internal int Descriptor;
        internal bool IsRegistered;
        internal bool IsWaiting;
        internal TransportProtocol Protocol;
        internal ulong Token;
        internal byte TimeToLive;
        internal long StartedAt;
        internal SocketName Name;
        internal TimeSpan GreetingWait;
        internal bool IsListening;
        internal long ListensUntil;
        internal byte[]? Greeting;
        internal int GreetingLength;
    }
}
