using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport.Timing;

namespace Portolan.Transport.Ip;

/// <summary>A neighbour on the link: its Ethernet address, and how sure that is (RFC 4861 section 7.3).</summary>
/// <param name="table">Its table.</param>
/// <param name="address">Its address.</param>
internal sealed class Neighbour(NeighbourTable table, InternetAddress address) : HostTimer
{
    private static readonly TimeSpan ConfirmInterval = TimeSpan.FromSeconds(1);

    private readonly PendingFrames _pending = new();
    private Instant _reachableUntil;
    private Instant _confirmedAt;
    private int _probes;

    internal InternetAddress Address { get; } = address;

    internal MacAddress HardwareAddress { get; private set; }

    internal NeighbourState State { get; private set; }

    internal bool IsRemoved { get; private set; }

    /// <summary>Whether its flag says that it is a router.</summary>
    internal bool IsRouter { get; set; }

    internal bool HasPending => _pending.Count > 0;

    /// <summary>Whether a packet may be sent to it now; a stale entry is asked after.</summary>
    internal bool TryUse(Instant now)
    {
        switch (State)
        {
            case NeighbourState.Incomplete:
                return false;
            case NeighbourState.Reachable when now < _reachableUntil:
                return true;
            case NeighbourState.Reachable or NeighbourState.Stale:
                // RFC 4861 section 7.3.3: the first packet to a stale entry.
                State = NeighbourState.Delay;
                table.Set(this, now + table.Limits.DelayFirstProbe);
                return true;
            default:
                return true;
        }
    }

    /// <summary>Keeps a packet until the address is known, and asks for it.</summary>
    internal void Hold(ReadOnlySpan<byte> packet, in FrameOffload offload, Instant now)
    {
        table.CountDropped(_pending.Add(table.Pool, packet, offload, table.Limits));
        if (Place < 0)
        {
            _probes = 0;
            Ask(now);
        }
    }

    /// <summary>
    /// A higher layer got an answer (RFC 4861 section 7.3.1). Not more than once a second: many connections may say the same.
    /// </summary>
    internal void Confirm(Instant now)
    {
        if (State != NeighbourState.Incomplete && (State != NeighbourState.Reachable || now - _confirmedAt >= ConfirmInterval))
        {
            _confirmedAt = now;
            BecomeReachable(now);
        }
    }

    /// <summary>
    /// Somebody asked us and named this address: true of it, but it does not say that it hears us (RFC 4861 section 7.2.3).
    /// </summary>
    internal void Learn(MacAddress hardwareAddress)
    {
        if (State == NeighbourState.Incomplete || hardwareAddress != HardwareAddress)
        {
            HardwareAddress = hardwareAddress;
            BecomeStale();
            Release();
        }
    }

    /// <summary>An advertisement of this neighbour, or an ARP answer (RFC 4861 section 7.2.5).</summary>
    internal void OnAdvertisement(MacAddress? hardwareAddress, bool isSolicited, bool isOverride, Instant now)
    {
        if (State == NeighbourState.Incomplete)
        {
            if (hardwareAddress is { } first)
            {
                HardwareAddress = first;
                SetBySolicitation(isSolicited, now);
                Release();
            }

            return;
        }

        var differs = hardwareAddress is { } named && named != HardwareAddress;
        if (differs && !isOverride)
        {
            // It is not believed, but what was believed is in doubt.
            if (State == NeighbourState.Reachable)
            {
                BecomeStale();
            }

            return;
        }

        if (differs)
        {
            HardwareAddress = hardwareAddress!.Value;
            SetBySolicitation(isSolicited, now);
        }
        else if (isSolicited)
        {
            BecomeReachable(now);
        }
    }

    /// <summary>Takes it out of use; what waits is notified about.</summary>
    internal void Discard(bool isUnreachable)
    {
        IsRemoved = true;
        while (_pending.TryTake(out var frame))
        {
            table.Fail(frame, isUnreachable);
        }
    }

    internal override void OnDue(Instant now)
    {
        if (State == NeighbourState.Delay)
        {
            State = NeighbourState.Probe;
            _probes = 0;
        }

        // RFC 4861 section 7.2.2 and 7.3.3: MAX_MULTICAST_SOLICIT, MAX_UNICAST_SOLICIT.
        if (_probes >= table.Limits.MaxProbes)
        {
            table.Remove(this, isUnreachable: true);
            return;
        }

        Ask(now);
    }

    private void Ask(Instant now)
    {
        _probes++;
        table.Set(this, now + table.Limits.RetransmitTime);
        table.Solicit(this);
    }

    private void SetBySolicitation(bool isSolicited, Instant now)
    {
        if (isSolicited)
        {
            BecomeReachable(now);
        }
        else
        {
            BecomeStale();
        }
    }

    private void BecomeReachable(Instant now)
    {
        State = NeighbourState.Reachable;
        _reachableUntil = now + table.ReachableTime;
        table.Cancel(this);
    }

    private void BecomeStale()
    {
        State = NeighbourState.Stale;
        table.Cancel(this);
    }

    private void Release()
    {
        while (_pending.TryTake(out var frame))
        {
            table.SendHeld(this, frame);
        }
    }
}

/// <summary>What is known of a neighbour (RFC 4861 section 7.3.2). ARP entries have the same states.</summary>
internal enum NeighbourState : byte
{
    /// <summary>It is asked for; packets wait.</summary>
    Incomplete,

    /// <summary>It answered not long ago.</summary>
    Reachable,

    /// <summary>It answered once; it is used, and will be asked after that.</summary>
    Stale,

    /// <summary>It is used, and a higher layer may still confirm it.</summary>
    Delay,

    /// <summary>It is used, and asked whether it is still there.</summary>
    Probe,
}
