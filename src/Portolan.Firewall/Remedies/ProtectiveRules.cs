using Portolan.Firewall.Managers;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt;
using Portolan.Firewall.Xt.Matches;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Remedies;

/// <summary>Tells rules that protect the machine from those that say who may use a port: bans, limits, checks for forged senders.</summary>
/// <remarks>
/// Told by what a rule asks for, and by the names that programs which ban give their chains. A rule for certain senders on every port is a
/// ban; with a port it says who may use that port, unless its senders stand in a set of a name, which a program or a person fills.
/// </remarks>
internal sealed class ProtectiveRules(RuleManagers managers)
{
    private const int DeepestChain = 16;
    private const uint InvalidState = 1;
    private const uint NewState = 8;

    private static readonly string[] BannerNames = [
        "f2b-", "fail2ban", "crowdsec", "sshguard", "denyhosts", "blocklist", "blacklist", "denylist", "banned", "bans"];

    private readonly Dictionary<RuleTable, ChainCallers> _callers = new(ReferenceEqualityComparer.Instance);

    /// <summary>The calls among the chains of a table.</summary>
    public ChainCallers CallersIn(RuleTable table) =>
        _callers.TryGetValue(table, out var callers) ? callers : _callers[table] = new ChainCallers(table);

    /// <summary>What a rule protects from; <c>null</c> for a policy and for any other rule.</summary>
    public Protection? Of(RuleReference reference)
    {
        if (reference.Rule is not { } rule || !Stops(reference.Table, rule, DeepestChain))
        {
            return null;
        }

        if (managers.OwnerOf(reference) is { IsBanner: true } || IsBanner(reference.Table.Name) || IsBanner(reference.Chain.Name)
            || CallersIn(reference.Table).TargetsOf(rule).Any(static c => IsBanner(c.Name)))
        {
            return Protection.Ban;
        }

        return ByConditions(reference.Table, rule);
    }

    /// <summary>
    /// What a rule protects from that marks packets, so that another rule stops them by the mark; <c>null</c> for any other rule.
    /// </summary>
    public static Protection? OfMark(RuleReference reference) =>
        reference.Rule is { } rule && rule.Expressions.Any(IsMark) ? ByConditions(reference.Table, rule) : null;

    /// <summary>Whether a rule lets packets through up to a limit: behind it they are stopped once it is reached.</summary>
    public static bool LetsThroughUpToLimit(Rule rule) =>
        rule.Expressions.Any(IsLimitOfAccept)
            && rule.Expressions.Any(static e => e is ImmediateExpression { Verdict.Kind: not VerdictKind.Drop and not VerdictKind.Queue });

    /// <summary>The same rule without its limits.</summary>
    public static Rule WithoutLimits(Rule rule) => rule with { Expressions = [.. rule.Expressions.Where(static e => !IsLimitOfAccept(e))] };

    // Who must be on a list of "recent" to get in has knocked: that names senders, and limits nothing.
    private static bool IsLimitOfAccept(Expression expression) =>
        IsLimit(expression) && expression is not XtMatchExpression { Match: RecentMatch { IsInverted: false } };

    private static Protection? ByConditions(RuleTable table, Rule rule) =>
        OfLimit(rule) ? Protection.Limit : new Conditions(table, rule) switch
        {
            { LooksUpSender: true } => Protection.ForgedSender,
            { HasListedSender: true } => Protection.Ban,
            { HasPort: true } => null,
            { IsOfSender: true, IsOfInterface: true } => Protection.ForgedSender,
            { HasSender: true } => Protection.Ban,
            { IsOfInvalid: true } => Protection.Invalid,
            _ => null,
        };

    /// <summary>
    /// Whether what a rule protects from changes by itself: members of its set, a program's bans, how much came. What the rules let in now
    /// says little about it.
    /// </summary>
    public bool IsOpenEnded(RuleReference reference) => Of(reference) switch
    {
        Protection.Limit => true,
        Protection.Ban =>
            reference.Rule is not { } rule || new Conditions(reference.Table, rule) is { HasListedSender: true } or { HasSender: false },
        _ => false,
    };

    private static bool IsBanner(string name) => BannerNames.Any(b => name.Contains(b, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// Whether some packet ends at a rule, or in a chain that it goes on to. One that only logs or counts protects from nothing; who
    /// accepts up to a limit does.
    /// </summary>
    private bool Stops(RuleTable table, Rule rule, int depth) => rule.Expressions.Any(e => e switch
    {
        ImmediateExpression { Verdict.Kind: VerdictKind.Drop or VerdictKind.Queue } or RejectExpression
            or XtTargetExpression { Target: RejectTarget } => true,
        ImmediateExpression { Verdict.Kind: VerdictKind.Accept } => OfLimit(rule),
        LookupExpression { Destination: { IsVerdict: true } } lookup =>
            table.Sets.FirstOrDefault(s => s.Name == lookup.SetName) is not { } map
                || map.Elements.Any(static v => v.Extra?.Verdict is null or { Kind: VerdictKind.Drop }),
        _ => false,
    }) || (depth > 0 && CallersIn(table).TargetsOf(rule).Any(c => c.Rules.Any(r => Stops(table, r, depth - 1))));

    private static bool OfLimit(Rule rule) => rule.Expressions.Any(IsLimit);

    private static bool IsMark(
        Expression expression) =>
            expression is MetaWriteExpression { Key: MetaKey.Mark }
                or ConnectionTrackingWriteExpression { Key: ConnectionKey.Mark or ConnectionKey.Labels }
        or XtTargetExpression { Target: MarkTarget or ConnmarkTarget };

    private static bool IsLimit(Expression expression) => expression switch
    {
        LimitExpression or ConnectionLimitExpression or QuotaExpression => true,
        DynamicSetExpression dynamic => dynamic.Expressions.Count > 0,
        ObjectReferenceExpression reference => reference.Kind is ObjectKind.Limit or ObjectKind.Quota or ObjectKind.ConnectionLimit,
        XtMatchExpression { Match: LimitMatch } => true,
        XtMatchExpression { Name: "hashlimit" or "connlimit" or "quota" or "recent" or "rateest" or "connbytes" } => true,
        _ => false,
    };

    /// <summary>What a rule asks of its packets, as far as it matters here.</summary>
    private sealed class Conditions
    {
        private readonly RuleTable _table;
        private readonly Loaded[] _registers = new Loaded[Register.WordCount];

        public Conditions(RuleTable table, Rule rule)
        {
            _table = table;
            foreach (var expression in rule.Expressions)
            {
                Read(expression);
            }
        }

        private enum Loaded
        {
            Other,
            Sender,
            Port,
            Interface,
            State,
            FromRoutes,
        }

        /// <summary>Whether it names senders that it is for.</summary>
        public bool HasSender { get; private set; }

        /// <summary>Whether it names senders that it is for, or those that it is not for.</summary>
        public bool IsOfSender { get; private set; }

        /// <summary>Whether its senders stand in a set of a name.</summary>
        public bool HasListedSender { get; private set; }

        /// <summary>Whether it asks where routes lead back to the sender, or what its address is.</summary>
        public bool LooksUpSender { get; private set; }

        public bool HasPort { get; private set; }

        public bool IsOfInterface { get; private set; }

        public bool IsOfInvalid { get; private set; }

        private void Read(Expression expression)
        {
            switch (expression)
            {
                case PayloadExpression e:
                    Load(e.Destination, Of(e));
                    break;
                case MetaExpression e:
                    Load(e.Destination, e.Key is MetaKey.InputInterface or MetaKey.InputInterfaceName ? Loaded.Interface : Loaded.Other);
                    break;
                case ConnectionTrackingExpression e:
                    Load(e.Destination, e.Key switch
                    {
                        ConnectionKey.State => Loaded.State,
                        ConnectionKey.SourceAddress or ConnectionKey.SourceIpv4 or ConnectionKey.SourceIpv6 => Loaded.Sender,
                        ConnectionKey.DestinationPort => Loaded.Port,
                        _ => Loaded.Other,
                    });
                    break;
                case FibExpression e:
                    Load(e.Destination, e.Flags.HasFlag(FibFlags.Source) ? Loaded.FromRoutes : Loaded.Other);
                    LooksUpSender |= e.Flags.HasFlag(FibFlags.Source);
                    break;
                case BitwiseExpression e:
                    var kept = At(e.Source);
                    IsOfInvalid |= kept == Loaded.State && e.Mask.Length == sizeof(uint)
                        && (BitConverter.ToUInt32(e.Mask.Span) & (InvalidState | NewState)) == InvalidState;
                    Load(e.Destination, kept);
                    break;
                case CompareExpression e:
                    Test(At(e.Source), e.Operation != CompareOperation.NotEqual);
                    break;
                case RangeExpression e:
                    Test(At(e.Source), !e.Inverted);
                    break;
                case LookupExpression e:
                    Test(At(e.Source), !e.Inverted);

                    // Of a map of verdicts or a concatenation the key's first part counts.
                    HasListedSender |= At(e.Source) == Loaded.Sender && !e.Inverted
                        && _table.Sets.FirstOrDefault(s => s.Name == e.SetName) is { } set && !set.Flags.HasFlag(SetFlags.Anonymous);
                    HasPort |= IsPartOfKey(e, Loaded.Port);
                    break;
                case DynamicSetExpression e:
                    Test(At(e.Key), isPositive: true);
                    break;
                case IpHeaderMatchExpression e:
                    IsOfSender |= IsNarrow(e.Source);
                    HasSender |= IsNarrow(e.Source) && !e.Source.IsInverted;
                    IsOfInterface |= !e.Input.IsAny;
                    break;
                case XtMatchExpression e:
                    Read(e);
                    break;
            }
        }

        private void Read(XtMatchExpression expression)
        {
            switch (expression.Match)
            {
                case TcpMatch tcp:
                    HasPort |= !tcp.Destination.IsAny || !tcp.Source.IsAny;
                    break;
                case UdpMatch udp:
                    HasPort |= !udp.Destination.IsAny || !udp.Source.IsAny;
                    break;
                case MultiportMatch:
                    HasPort = true;
                    break;
                case ConntrackMatch conntrack:
                    IsOfInvalid |= (conntrack.States & (ConnectionStates.Invalid | ConnectionStates.New)) == ConnectionStates.Invalid;
                    HasPort |= conntrack.Tests.HasFlag(ConnectionTests.OriginalDestinationPort);
                    break;
                case StateMatch state:
                    IsOfInvalid |= (state.States & (ConnectionStates.Invalid | ConnectionStates.New)) == ConnectionStates.Invalid;
                    break;
                case SetMatch set:
                    HasListedSender |= set.Set.IsSource(0) && !set.Set.IsInverted;
                    IsOfSender |= set.Set.IsSource(0);
                    break;
                case AddressRangeMatch or HardwareAddressMatch:
                    IsOfSender = true;
                    HasSender = true;
                    break;
                case AddressTypeMatch { Source: not 0 }:
                    LooksUpSender = true;
                    break;
                default:
                    LooksUpSender |= expression.Name == "rpfilter";
                    break;
            }
        }

        private void Test(Loaded value, bool isPositive)
        {
            HasSender |= value == Loaded.Sender && isPositive;
            IsOfSender |= value == Loaded.Sender;
            HasPort |= value == Loaded.Port;
            IsOfInterface |= value == Loaded.Interface;
        }

        private bool IsPartOfKey(LookupExpression lookup, Loaded part)
        {
            var words = _table.Sets.FirstOrDefault(s => s.Name == lookup.SetName) is { } set ? (set.KeyLength + 3) / 4 : 1;
            for (var i = 0; i < words && lookup.Source.Word + i < _registers.Length; i++)
            {
                if (_registers[lookup.Source.Word + i] == part)
                {
                    return true;
                }
            }

            return false;
        }

        // IPv4's sender stands at 12, IPv6's at 8, and a prefix of it is loaded alone; at 8 and 9 IPv4 has single bytes.
        private Loaded Of(PayloadExpression e) => e switch
        {
            { Base: PayloadBase.Network, Offset: 12, Length: <= 8 } when _table.Family != RuleFamily.Ip6 => Loaded.Sender,
            { Base: PayloadBase.Network, Offset: 8, Length: > 1 } => Loaded.Sender,
            { Base: PayloadBase.LinkLayer, Offset: 6, Length: 6 } => Loaded.Sender,
            { Base: PayloadBase.Transport, Offset: < 4 } => Loaded.Port,
            _ => Loaded.Other,
        };

        private Loaded At(Register register) =>
            register.IsVerdict || register.Word >= _registers.Length ? Loaded.Other : _registers[register.Word];

        private void Load(Register register, Loaded value)
        {
            if (!register.IsVerdict && register.Word < _registers.Length)
            {
                _registers[register.Word] = value;
            }
        }

        private static bool IsNarrow(AddressMask mask) => mask.Mask.Number != 0;
    }
}
