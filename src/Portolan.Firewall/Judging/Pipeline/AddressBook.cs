using Portolan.Firewall.Host;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Pipeline;

/// <summary>Sets of addresses that queries start from; the same object for the same set, so that what was split once is known.</summary>
internal sealed class AddressBook
{
    private readonly Family _ipv4;
    private readonly Family _ipv6;

    public AddressBook(HostFacts host)
    {
        _ipv4 = new Family(host, isIPv4: true);
        _ipv6 = new Family(host, isIPv4: false);
    }

    /// <summary>This machine's addresses.</summary>
    public IntervalSet All(bool isIPv4) => Of(isIPv4).All;

    /// <summary>This machine's addresses but those of loopback.</summary>
    public IntervalSet NotLoopback(bool isIPv4) => Of(isIPv4).NotLoopback;

    /// <summary>This machine's addresses that are not of one link only, without loopback.</summary>
    public IntervalSet Global(bool isIPv4) => Of(isIPv4).Global;

    /// <summary>IPv6 addresses of links, coupled with the interfaces that have them; <c>null</c> for none.</summary>
    public Coupling? LinkLocal(bool isIPv4) => Of(isIPv4).LinkLocal;

    /// <summary>The addresses of <see cref="LinkLocal"/>.</summary>
    public IntervalSet OnLinks(bool isIPv4) => Of(isIPv4).OnLinks;

    /// <summary>Everybody who may send to this machine: what the kernel refuses as a sender is left out.</summary>
    public IntervalSet Senders(bool isIPv4) => Of(isIPv4).Senders;

    private Family Of(bool isIPv4) => isIPv4 ? _ipv4 : _ipv6;

    private sealed class Family
    {
        public Family(HostFacts host, bool isIPv4)
        {
            var (all, outer, global) = (new List<Interval>(), new List<Interval>(), new List<Interval>());
            var links = new SortedDictionary<UInt128, List<Interval>>();
            foreach (var address in host.Addresses)
            {
                if (address.Address.IsIPv4 != isIPv4)
                {
                    continue;
                }

                var interval = new Interval(address.Address.Number, address.Address.Number);
                all.Add(interval);
                if (address.Address.IsLoopback)
                {
                    continue;
                }

                outer.Add(interval);
                if (!isIPv4 && address.Address.IsLinkLocal)
                {
                    if (!links.TryGetValue(address.Address.Number, out var interfaces))
                    {
                        links.Add(address.Address.Number, interfaces = []);
                    }

                    interfaces.Add(new Interval((uint)address.InterfaceIndex, (uint)address.InterfaceIndex));
                }
                else
                {
                    global.Add(interval);
                }
            }

            (All, NotLoopback, Global) = (IntervalSet.From(all), IntervalSet.From(outer), IntervalSet.From(global));
            OnLinks = IntervalSet.From(links.Keys.Select(static a => new Interval(a, a)));
            LinkLocal = links.Count == 0 ? null
                : new Coupling(
                    PacketField.InputInterface, PacketField.DestinationAddress,
                    links.Select(static l => (IntervalSet.Of(l.Key), IntervalSet.From(l.Value))));
            var refused = isIPv4
                ? IntervalSet.Of(0).Union(IntervalSet.Prefix(0x7f000000, 8, 32))
                    .Union(IntervalSet.Prefix(0xe0000000, 4, 32)).Union(IntervalSet.Of(uint.MaxValue))
                : IntervalSet.Of(0, 1).Union(IntervalSet.Prefix((UInt128)0xff00 << 112, 8, 128))
                    .Union(IntervalSet.Prefix((UInt128)0xffff << 32, 96, 128));
            Senders = IntervalSet.All(isIPv4 ? 32 : 128).Except(refused).Except(All);
        }

        public IntervalSet All { get; }

        public IntervalSet NotLoopback { get; }

        public IntervalSet Global { get; }

        public Coupling? LinkLocal { get; }

        public IntervalSet OnLinks { get; }

        public IntervalSet Senders { get; }
    }
}
