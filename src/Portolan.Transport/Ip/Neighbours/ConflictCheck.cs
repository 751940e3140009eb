namespace Portolan.Transport.Ip;

/// <summary>
/// Address conflict detection of one IPv4 address (RFC 5227): it is asked for, announced, and defended as long as it is used.
/// </summary>
/// <param name="host">The host.</param>
/// <param name="address">The address.</param>
internal sealed class ConflictCheck(IpHost host, HostAddress address) : AddressCheck(host, address)
{
    // RFC 5227 section 1.1.
    private const int Probes = 3;
    private const int Announcements = 2;
    private const uint ProbeSpreadMilliseconds = 1000;
    private static readonly TimeSpan ProbeLeast = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnnounceWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AnnounceInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DefendInterval = TimeSpan.FromSeconds(10);

    private int _probes;
    private int _announcements;
    private Instant? _defendedAt;

    internal override void Start(Instant now)
    {
        (_probes, _announcements, _defendedAt) = (0, 0, null);
        if (Address.IsUsable)
        {
            // Section 2.1: an interface that comes up asks again.
            Address.State = AddressState.Tentative;
            Address.Interface.AddressesChanged();
        }

        base.Start(now);
    }

    /// <summary>Another station said that it has the address, or asks for it as this host does (section 2.1.1, section 2.4).</summary>
    internal void OnConflict(Instant now)
    {
        // Section 2.4 (b): one claim is answered; after a second one within a while the address is the other's.
        if (Address.State == AddressState.Tentative || (_defendedAt is { } last && now - last < DefendInterval))
        {
            Fail();
            return;
        }

        _defendedAt = now;
        Host.Arp.Announce(Address.Interface, Address.Address);
    }

    internal override void OnDue(Instant now)
    {
        if (_probes < Probes)
        {
            // Section 2.1.1: one to two seconds between probes, and two after the last.
            _probes++;
            Host.Arp.Probe(Address.Interface, Address.Address);
            Host.Timers.Set(
                this,
                now + (_probes == Probes
                    ? AnnounceWait
                    : ProbeLeast + TimeSpan.FromMilliseconds(Host.Random.Below(ProbeSpreadMilliseconds + 1))));
            return;
        }

        if (Address.State == AddressState.Tentative)
        {
            Succeed();
        }

        // Section 2.3: those who knew another station by the address learn of this one.
        _announcements++;
        Host.Arp.Announce(Address.Interface, Address.Address);
        if (_announcements < Announcements)
        {
            Host.Timers.Set(this, now + AnnounceInterval);
        }
    }
}
