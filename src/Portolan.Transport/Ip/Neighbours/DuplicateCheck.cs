using Portolan.Transport.Timing;

namespace Portolan.Transport.Ip;

/// <summary>Duplicate address detection of one address (RFC 4862 section 5.4).</summary>
/// <param name="host">The host.</param>
/// <param name="address">The address.</param>
internal sealed class DuplicateCheck(IpHost host, HostAddress address) : HostTimer
{
    /// <summary>MAX_RTR_SOLICITATION_DELAY of RFC 4861 section 10: the first question waits up to a second, so that hosts started at once do not ask at once.</summary>
    private const uint MaxDelayMilliseconds = 1000;

    /// <summary>IDGEN_RETRIES of RFC 7217 section 5.</summary>
    private const int MaxIdentifiers = 3;

    private int _asked;

    internal void Start(Instant now) => host.Timers.Set(this, now + TimeSpan.FromMilliseconds(host.Random.Below(MaxDelayMilliseconds + 1)));

    /// <summary>Somebody else has the address.</summary>
    internal void Fail()
    {
        host.Timers.Cancel(this);
        address.Check = null;
        address.State = AddressState.Duplicate;
        address.Interface.AddressesChanged();
        IpHost.LeaveSolicitedNode(address);

        // RFC 7217 section 6: a stable identifier is replaced by the next.
        var isGenerated = address.Address.UpperBits == InterfaceIdentifier.LinkLocalPrefix && address.Interface.Options.LinkLocal == LinkLocalChoice.Stable;
        if (isGenerated && address.Attempt < MaxIdentifiers)
        {
            host.AddLinkLocal(address.Interface, address.Attempt + 1);
        }
    }

    internal void Stop() => host.Timers.Cancel(this);

    internal override void OnDue(Instant now)
    {
        if (_asked < address.Interface.Options.DuplicateAddressProbes)
        {
            _asked++;
            host.Discovery.AskForDuplicate(address.Interface, address.Address);
            host.Timers.Set(this, now + host.Options.Neighbours.RetransmitTime);
            return;
        }

        address.Check = null;
        address.State = AddressState.Preferred;
        address.Interface.AddressesChanged();
    }
}
