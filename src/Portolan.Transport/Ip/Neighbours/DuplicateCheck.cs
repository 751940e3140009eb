namespace Portolan.Transport.Ip;

/// <summary>Duplicate address detection of one IPv6 address (RFC 4862 section 5.4).</summary>
/// <param name="host">The host.</param>
/// <param name="address">The address.</param>
internal sealed class DuplicateCheck(IpHost host, HostAddress address) : AddressCheck(host, address)
{
    /// <summary>IDGEN_RETRIES of RFC 7217 section 5.</summary>
    private const int MaxIdentifiers = 3;

    private int _asked;

    internal override void Start(Instant now)
    {
        _asked = 0;
        base.Start(now);
    }

    internal override void Fail()
    {
        base.Fail();
        IpHost.LeaveSolicitedNode(Address);
        var at = Address.Interface;
        if (Address.Address.UpperBits != InterfaceIdentifier.LinkLocalPrefix)
        {
            return;
        }

        if (at.Options.LinkLocal == LinkLocalChoice.Stable && Address.Attempt < MaxIdentifiers)
        {
            // RFC 7217 section 6: a stable identifier is replaced by the next.
            Host.AddLinkLocal(at, Address.Attempt + 1);
        }
        else if (at.Options.LinkLocal == LinkLocalChoice.HardwareAddress
            && Address.Address.LowerBits == InterfaceIdentifier.FromHardwareAddress(at.HardwareAddress))
        {
            // RFC 4862 section 5.4.5: then another station has this Ethernet address too, and nothing that is sent from here is safe.
            at.IsUp = false;
        }
    }

    internal override void OnDue(Instant now)
    {
        if (_asked < Address.Interface.Options.DuplicateAddressProbes)
        {
            _asked++;
            Host.Discovery.AskForDuplicate(Address.Interface, Address.Address);
            Host.Timers.Set(this, now + Host.Options.Neighbours.RetransmitTime);
            return;
        }

        Address.Check = null;
        Succeed();
    }
}
