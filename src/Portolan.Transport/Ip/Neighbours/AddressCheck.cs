using Portolan.Transport.Timing;

namespace Portolan.Transport.Ip;

/// <summary>Asks a link whether a host has an address, before it is used.</summary>
/// <param name="host">The host.</param>
/// <param name="address">The address.</param>
internal abstract class AddressCheck(IpHost host, HostAddress address) : HostTimer
{
    /// <summary>
    /// MAX_RTR_SOLICITATION_DELAY of RFC 4861 section 10, PROBE_WAIT of RFC 5227 section 1.1: the first question waits up to a second, so
    /// that hosts started at once do not ask at once.
    /// </summary>
    private const uint MaxDelayMilliseconds = 1000;

    protected IpHost Host { get; } = host;

    protected HostAddress Address { get; } = address;

    /// <summary>Begins, or begins anew after the interface was down.</summary>
    internal virtual void Start(Instant now) =>
        Host.Timers.Set(this, now + TimeSpan.FromMilliseconds(Host.Random.Below(MaxDelayMilliseconds + 1)));

    internal void Stop() => Host.Timers.Cancel(this);

    /// <summary>Another host has the address.</summary>
    internal virtual void Fail()
    {
        Stop();
        Address.Check = null;
        Address.State = AddressState.Duplicate;
        Address.Interface.AddressesChanged();
    }

    protected void Succeed()
    {
        Address.State = AddressState.Preferred;
        Address.Interface.AddressesChanged();
    }
}
