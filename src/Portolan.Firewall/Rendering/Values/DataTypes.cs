namespace Portolan.Firewall.Rendering.Values;

/// <summary>nft's types, by name and by the numbers that sets carry.</summary>
internal static class DataTypes
{
    public static readonly DataType NetfilterProtocol = new NamedNumberType("nf_proto", 2, 1, true, ValueNames.NetfilterProtocol);
    public static readonly DataType Integer = new NumberType("integer", 4, 0, false);
    public static readonly DataType HostInteger = new NumberType("integer", 4, 0, true);
    public static readonly DataType Raw = new HexType("integer", 4, 0, false);
    public static readonly DataType Text = new TextType("string", 5, 0);
    public static readonly DataType LinkAddress = new HardwareAddressType("ll_addr", 6, 0);
    public static readonly DataType Ipv4 = new AddressType("ipv4_addr", 7, 4);
    public static readonly DataType Ipv6 = new AddressType("ipv6_addr", 8, 16);
    public static readonly DataType Ethernet = new HardwareAddressType("ether_addr", 9, 6);
    public static readonly DataType EtherType = new NamedNumberType("ether_type", 10, 2, false, ValueNames.EtherType, isHex: true);
    public static readonly DataType ArpOperation = new NamedNumberType("arp_op", 11, 2, false, ValueNames.ArpOperation);
    public static readonly DataType Protocol = new NamedNumberType("inet_proto", 12, 1, false, ValueNames.Protocol);
    public static readonly DataType Port = new NumberType("inet_service", 13, 2, false);
    public static readonly DataType IcmpType = new NamedNumberType("icmp_type", 14, 1, false, ValueNames.IcmpType);
    public static readonly DataType TcpFlags = new FlagsType("tcp_flag", 15, 1, false, ValueNames.TcpFlags);
    public static readonly DataType DccpType = new NamedNumberType("dccp_pkttype", 16, 1, false, ValueNames.DccpType);
    public static readonly DataType MobilityType = new NumberType("mh_type", 17, 1, false);
    public static readonly DataType Duration = new DurationType();
    public static readonly DataType Mark = new HexType("mark", 19, 4, true);
    public static readonly DataType InterfaceIndex = new InterfaceIndexType();
    public static readonly DataType HardwareType = new NamedNumberType("iface_type", 21, 2, true, ValueNames.HardwareType);
    public static readonly DataType Realm = new NumberType("realm", 22, 4, true);
    public static readonly DataType ClassId = new ClassIdType();
    public static readonly DataType User = new NumberType("uid", 24, 4, true);
    public static readonly DataType Group = new NumberType("gid", 25, 4, true);
    public static readonly DataType State = new FlagsType("ct_state", 26, 4, true, ValueNames.States);
    public static readonly DataType Direction = new NamedNumberType("ct_dir", 27, 1, true, ValueNames.Direction);
    public static readonly DataType Status = new FlagsType("ct_status", 28, 4, true, ValueNames.Statuses);
    public static readonly DataType Icmpv6Type = new NamedNumberType("icmpv6_type", 29, 1, false, ValueNames.Icmpv6Type);
    public static readonly DataType Label = new LabelType();
    public static readonly DataType PacketType = new NamedNumberType("pkt_type", 31, 1, true, ValueNames.PacketType);
    public static readonly DataType IcmpCode = new NamedNumberType("icmp_code", 32, 1, false, ValueNames.IcmpCode);
    public static readonly DataType Icmpv6Code = new NamedNumberType("icmpv6_code", 33, 1, false, ValueNames.Icmpv6Code);
    public static readonly DataType IcmpxCode = new NamedNumberType("icmpx_code", 34, 1, false, ValueNames.IcmpxCode);
    public static readonly DataType DeviceGroup = new NumberType("devgroup", 35, 4, true);
    public static readonly DataType Dscp = new NamedNumberType("dscp", 36, 1, false, ValueNames.Dscp);
    public static readonly DataType Ecn = new NamedNumberType("ecn", 37, 1, false, ValueNames.Ecn);
    public static readonly DataType AddressKind = new NamedNumberType("fib_addrtype", 38, 4, true, ValueNames.AddressKind);
    public static readonly DataType Boolean = new BooleanType();
    public static readonly DataType Event = new FlagsType("ct_event", 40, 4, true, ValueNames.Events);
    public static readonly DataType InterfaceName = new TextType("ifname", 41, 16);
    public static readonly DataType IgmpType = new NamedNumberType("igmp_type", 42, 1, false, ValueNames.IgmpType);
    public static readonly DataType Time = new EpochType();
    public static readonly DataType Hour = new NumberType("hour", 44, 4, true);
    public static readonly DataType Day = new DayType();
    public static readonly DataType Cgroup = new NumberType("cgroupsv2", 46, 8, true);

    private static readonly DataType[] All =
    [
        NetfilterProtocol, Integer, Text, LinkAddress, Ipv4, Ipv6, Ethernet, EtherType, ArpOperation, Protocol, Port, IcmpType, TcpFlags,
        DccpType,
        MobilityType, Duration, Mark, InterfaceIndex, HardwareType, Realm, ClassId, User, Group, State, Direction, Status, Icmpv6Type,
        Label,
        PacketType, IcmpCode, Icmpv6Code, IcmpxCode, DeviceGroup, Dscp, Ecn, AddressKind, Boolean, Event, InterfaceName, IgmpType, Time,
        Hour, Day, Cgroup,
    ];

    /// <summary>The type of a number that a set carries; <c>null</c> for one that is not known.</summary>
    public static DataType? Find(uint number) => Array.Find(All, t => t.Number == number);

    /// <summary>The parts of a set's key type: one, or those of a concatenation, 6 bits each; <c>null</c> when one is not known.</summary>
    public static IReadOnlyList<DataType>? Parts(uint keyType)
    {
        var parts = new List<DataType>();
        for (var rest = keyType; rest != 0; rest >>= 6)
        {
            if (Find(rest & 0x3f) is not { } part)
            {
                return null;
            }

            parts.Insert(0, part);
        }

        return parts.Count == 0 ? null : parts;
    }
}
