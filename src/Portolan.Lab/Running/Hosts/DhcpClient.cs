using Portolan.Lab.Running.Time;
using Portolan.Lab.Services.Dhcp;
using Portolan.Transport;
using Portolan.Transport.Ip;
using Portolan.Transport.Ports;
using Portolan.Transport.Udp;

namespace Portolan.Lab.Running.Hosts;

/// <summary>
/// Gets an address for a host from the DHCP servers of its network, and keeps it as long as it can (RFC 2131 section 4.4).
/// </summary>
/// <remarks>The lab's thread.</remarks>
internal sealed class DhcpClient : IUdpOwner
{
    // RFC 2131 section 4.1: twice as long each time, each a second more or less.
    private static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(64);

    // RFC 2131 section 4.4.5: half of what is left, but no less.
    private static readonly TimeSpan LeastRepeat = TimeSpan.FromSeconds(60);

    // RFC 2131 section 3.1 (step 5) asks for it after a DHCPDECLINE: who cannot use what it is offered would be offered the same again at
    // once.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    // Less is no time for an answer, and none at all for a timer.
    private static readonly TimeSpan LeastPatience = TimeSpan.FromMilliseconds(10);

    private const int Tries = 4;
    private const byte Ethernet = 1;

    private readonly NetworkStack _stack;
    private readonly IpInterface _at;
    private readonly LabClock _clock;
    private readonly KeyedRandom _chance;
    private readonly string _name;
    private readonly byte[] _hardwareAddress;
    private readonly byte[] _room = new byte[DhcpMessage.MaxLength];
    private UdpSocket? _socket;
    private uint _transaction;
    private DhcpKind _asked;
    private TaskCompletionSource<DhcpMessage?>? _waiting;
    private DhcpLease? _lease;

    /// <param name="stack">The host's stack.</param>
    /// <param name="at">The interface that gets the address.</param>
    /// <param name="clock">The time.</param>
    /// <param name="seed">What its hardware address and its chance come from.</param>
    /// <param name="name">The name it tells the server.</param>
    internal DhcpClient(NetworkStack stack, IpInterface at, LabClock clock, ulong seed, string name)
    {
        (_stack, _at, _clock, _name, _chance) = (stack, at, clock, name, new KeyedRandom(seed));
        var drawn = _chance.Next();

        // An address that its owner made up (RFC 9542 section 2.1), for there is no network card.
        _hardwareAddress = [0x02, (byte)(drawn >> 32), (byte)(drawn >> 24), (byte)(drawn >> 16), (byte)(drawn >> 8), (byte)drawn];
    }

    /// <summary>What it has; <c>null</c> while it has nothing.</summary>
    internal DhcpLease? Lease => _lease;

    /// <summary>Asks, and asks for more time, until the lab ends.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        _stack.Layers.Udp.Bind(
            new PortBinding(TransportProtocol.Udp, InternetAddress.AnyIPv4, new PortNumber(DhcpMessage.ClientPort), 0),
            new UdpSocketOptions(), out _socket);
        if (_socket is null)
        {
            return;
        }

        _socket.Owner = this;

        // RFC 2131 section 4.4.1: so that hosts that are switched on together do not ask together.
        await Task.Delay(TimeSpan.FromMilliseconds(1000 + _chance.Below(9000)), _clock, cancellationToken);
        var patience = FirstPatience;
        while (true)
        {
            if (await TryObtainAsync(patience, cancellationToken) is { } lease)
            {
                await KeepAsync(lease, cancellationToken);
                patience = FirstPatience;
            }
            else
            {
                patience = patience < MostPatience ? patience * 2 : MostPatience;
            }
        }
    }

    public void OnReceived(UdpSocket socket)
    {
        while (socket.TryReceive(_room, out var arrival))
        {
            if (arrival.SourcePort.Value == DhcpMessage.ServerPort
                && DhcpMessage.TryRead(_room.AsSpan(0, Math.Min(arrival.Length, _room.Length)), out var message)
                && !message.IsRequest && message.Transaction == _transaction
                && message.HardwareAddress.AsSpan().SequenceEqual(_hardwareAddress)
                && IsAnswer(message.Kind))
            {
                _waiting?.TrySetResult(message);
            }
        }
    }

    public void OnError(UdpSocket socket)
    {
        // A server that is gone answers nothing; the time runs anyway.
        socket.TryTakeError(out _);
    }

    public void OnWritable(UdpSocket socket)
    {
    }

    /// <summary>DISCOVER, OFFER, REQUEST, ACK.</summary>
    private async Task<DhcpLease?> TryObtainAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        _transaction = (uint)_chance.Next();
        var offer = await AskAsync(DhcpKind.Discover, null, null, Vary(patience), cancellationToken);
        if (offer is null)
        {
            return null;
        }

        if (DhcpLease.Of(offer, _clock.Now) is not { } offered)
        {
            await Task.Delay(Pause, _clock, cancellationToken);
            return null;
        }

        patience = FirstPatience;
        for (var tries = 0; tries < Tries; tries++, patience *= 2)
        {
            var sent = _clock.Now;
            switch (await AskAsync(DhcpKind.Request, offered, null, Vary(patience), cancellationToken))
            {
                case { Kind: DhcpKind.Ack } ack when DhcpLease.Of(ack, sent) is { } lease:
                    return lease;
                case not null:
                    await Task.Delay(Pause, _clock, cancellationToken);
                    return null;
            }
        }

        return null;
    }

    /// <summary>Uses an address, and asks for more time: its server from T1 on, all from T2 on.</summary>
    private async Task KeepAsync(DhcpLease lease, CancellationToken cancellationToken)
    {
        _lease = lease;
        var own = _stack.Layers.Ip.AddAddress(_at, lease.Address, lease.PrefixLength, skipsDetection: true);
        var route = new IpRoute(InternetAddress.AnyIPv4, 0, _at);
        _stack.Layers.Ip.AddRoute(route);
        await WaitUntilAsync(lease.RenewAt, cancellationToken);
        while (_clock.Now < lease.Ends)
        {
            var isRebinding = _clock.Now >= lease.RebindAt;
            var sent = _clock.Now;
            var end = isRebinding ? lease.Ends : lease.RebindAt;
            var half = (end - sent) / 2;
            var patience = half > LeastRepeat ? half : end - sent < LeastRepeat ? end - sent : LeastRepeat;
            patience = patience < LeastPatience ? LeastPatience : patience;
            _transaction = (uint)_chance.Next();
            var answer = await AskAsync(
                DhcpKind.Request, lease, isRebinding ? InternetAddress.FromIPv4(uint.MaxValue) : lease.Server, patience, cancellationToken);
            if (answer is { Kind: DhcpKind.Ack } && answer.Your == lease.Address && DhcpLease.Of(answer, sent) is { } renewed)
            {
                _lease = lease = renewed;
                await WaitUntilAsync(lease.RenewAt, cancellationToken);
            }
            else if (answer is not null)
            {
                // It cannot keep it, or is given another: it begins anew, rather than ask again at once.
                break;
            }
        }

        _lease = null;
        _stack.Layers.Ip.RemoveRoute(route);
        _stack.Layers.Ip.RemoveAddress(own);
    }

    /// <summary>Sends a message and waits for the answer.</summary>
    /// <param name="kind">What.</param>
    /// <param name="lease">What is asked for; <c>null</c> when nothing is known yet.</param>
    /// <param name="to">Who is asked for more time; <c>null</c> for all, who are asked for the address itself.</param>
    /// <param name="patience">How long.</param>
    /// <param name="cancellationToken">The lab ends.</param>
    private async Task<DhcpMessage?> AskAsync(
        DhcpKind kind, DhcpLease? lease, InternetAddress? to, TimeSpan patience, CancellationToken cancellationToken)
    {
        var waiting = new TaskCompletionSource<DhcpMessage?>(TaskCreationOptions.RunContinuationsAsynchronously);
        (_asked, _waiting) = (kind, waiting);
        _stack.Post(_ => Send(kind, lease, to));
        using var late = new CancellationTokenSource(patience, _clock);
        await using var registration =
            late.Token.Register(static state => ((TaskCompletionSource<DhcpMessage?>)state!).TrySetResult(null), waiting);
        await using var ending =
            cancellationToken.Register(static state => ((TaskCompletionSource<DhcpMessage?>)state!).TrySetCanceled(), waiting);
        var answer = await waiting.Task;
        _waiting = null;
        return answer;
    }

    /// <summary>
    /// Offers of other servers come late, when the first one has been taken: they answer no request (RFC 2131 section 4.4.1, table 5).
    /// </summary>
    private bool IsAnswer(DhcpKind kind) => _asked == DhcpKind.Discover ? kind == DhcpKind.Offer : kind is DhcpKind.Ack or DhcpKind.Nak;

    private void Send(DhcpKind kind, DhcpLease? lease, InternetAddress? to)
    {
        Span<byte> bytes = stackalloc byte[DhcpWriter.MaxLength];
        var writer = new DhcpWriter(bytes, kind, _transaction, Ethernet, _hardwareAddress);

        // RFC 2131 section 4.3.6: who has the address says so in ciaddr, who wants it in an option.
        writer.SetAddresses(wantsBroadcast: to is null, to is null ? InternetAddress.AnyIPv4 : lease!.Address, InternetAddress.AnyIPv4);
        if (lease is not null && to is null)
        {
            writer.Add(DhcpOption.RequestedAddress, lease.Address);
            writer.Add(DhcpOption.ServerIdentifier, lease.Server);
        }

        writer.Add(DhcpOption.HostName, _name);
        writer.Add(
            DhcpOption.ParameterList,
            [(byte)DhcpOption.SubnetMask, (byte)DhcpOption.Router, (byte)DhcpOption.NameServer, (byte)DhcpOption.DomainName,
                (byte)DhcpOption.LeaseTime]);
        var length = writer.Finish();
        _socket!.Send(bytes[..length], to ?? InternetAddress.FromIPv4(uint.MaxValue), new PortNumber(DhcpMessage.ServerPort), _at.Number);
    }

    private async Task WaitUntilAsync(Instant time, CancellationToken cancellationToken)
    {
        if (time > _clock.Now)
        {
            await Task.Delay(time - _clock.Now, _clock, cancellationToken);
        }
    }

    private TimeSpan Vary(TimeSpan patience) => patience + TimeSpan.FromMilliseconds(_chance.Below(2000) - 1000d);
}
