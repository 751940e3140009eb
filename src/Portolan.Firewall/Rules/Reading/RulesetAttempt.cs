using Portolan.Linux;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Rules.Reading;

/// <summary>One try to read all rules.</summary>
/// <remarks>One thread.</remarks>
internal sealed class RulesetAttempt(NetlinkDump dump, RulesetLimit? limit, CancellationToken cancellationToken)
{
    private const int GenerationId = 1; // NFTA_GEN_ID

    /// <summary>So often the elements of a set are read while the kernel changes their order.</summary>
    private const int MaximumWalks = 20;

    private readonly MessageArena _arena = new();
    private readonly RulesetCount? _count = limit is null ? null : new RulesetCount(limit);
    private readonly RulesetBuilder _builder = new();

    /// <summary>Whether the rules changed meanwhile.</summary>
    internal bool IsTorn { get; private set; }

    /// <summary>Whether the kernel wants a privilege.</summary>
    internal bool IsRefused { get; private set; }

    /// <summary>Whether something could not be read at all.</summary>
    internal bool HasFailed { get; private set; }

    /// <summary>The number of the kernel's state; 0 where it has none.</summary>
    /// <remarks>
    /// Asked first for another reason too: once a socket has received with a large buffer, the kernel makes its dumps as large. A rule
    /// larger than the first, small datagram would end the dump of rules as if it were the last (netlink_dump, nf_tables_dump_rules).
    /// </remarks>
    internal uint ReadGeneration()
    {
        var generation = 0u;
        foreach (var message in Read(NetfilterRequest.Get(NetfilterMessage.GetGeneration), "generation", mayBeUnknown: true))
        {
            if (AttributeSlots.TryRead(message.Attributes, out var attributes))
            {
                generation = attributes.UInt32OrZero(GenerationId);
            }
        }

        return generation;
    }

    /// <summary>Reads everything.</summary>
    internal Ruleset ReadAll(uint generation)
    {
        if (!IsRefused)
        {
            ReadTables();
        }

        return _builder.Build(generation);
    }

    private void ReadTables()
    {
        // A kernel without nf_tables does not know the request.
        var tables = Read(NetfilterRequest.Dump(NetfilterMessage.GetTable), "tables", mayBeUnknown: true);
        if (tables.Count == 0)
        {
            return;
        }

        foreach (var message in tables)
        {
            _builder.AddTable(message);
        }

        foreach (var message in Read(NetfilterRequest.Dump(NetfilterMessage.GetChain), "chains"))
        {
            _builder.AddChain(message);
        }

        foreach (var message in Read(NetfilterRequest.Dump(NetfilterMessage.GetRule), "rules"))
        {
            _builder.AddRule(message);
        }

        foreach (var message in Read(NetfilterRequest.Dump(NetfilterMessage.GetSet), "sets"))
        {
            ReadElements(message);
        }

        foreach (var message in Read(NetfilterRequest.Dump(NetfilterMessage.GetObject), "objects", mayBeUnknown: true))
        {
            _builder.AddObject(message);
        }

        foreach (var message in Read(NetfilterRequest.Dump(NetfilterMessage.GetFlowtable), "flowtables", mayBeUnknown: true))
        {
            _builder.AddFlowtable(message);
        }
    }

    private void ReadElements(KeptMessage set)
    {
        if (!AttributeSlots.TryRead(set.Attributes, out var attributes) || !SetDecoder.HasNames(in attributes))
        {
            _builder.Miss(new MissingFact(
                MissingFactCode.RulesNotUnderstood, "a set of the firewall", "the kernel's message has an unknown format"));
            return;
        }

        var request = NetfilterRequest.Elements(set.Family, attributes.Span(SetDecoder.Table), attributes.Span(SetDecoder.Name));
        var failedBefore = HasFailed;
        HasFailed = false;
        _count?.BeginElements(isAgain: false);
        var elements = Read(request, null);
        var hasRepeated = RepeatedElements.Any(elements);
        for (var attempt = 1; hasRepeated && !IsTorn && !HasFailed && attempt < MaximumWalks; attempt++)
        {
            cancellationToken.WaitHandle.WaitOne(attempt);
            _count?.BeginElements(isAgain: true);
            elements = Read(request, null);
            hasRepeated = RepeatedElements.Any(elements);
        }

        _builder.AddSet(set, elements, isComplete: !HasFailed && !hasRepeated);
        HasFailed |= failedBefore;
    }

    /// <summary>Reads one kind of messages.</summary>
    /// <param name="request">The request.</param>
    /// <param name="what">What is missing when that fails; <c>null</c> when the caller says so.</param>
    /// <param name="mayBeUnknown">Whether old kernels do not have such things: then there are none.</param>
    private List<KeptMessage> Read(byte[] request, string? what, bool mayBeUnknown = false)
    {
        var keeper = new MessageKeeper(_arena, _count);
        var result = dump.Run(request, keeper, cancellationToken);
        switch (result.Status)
        {
            case NetlinkDumpStatus.Complete:
                break;
            case NetlinkDumpStatus.Interrupted or NetlinkDumpStatus.Overrun:
                IsTorn = true;
                break;
            case NetlinkDumpStatus.Refused when result.Errno is Errno.NotPermitted or Errno.AccessDenied:
                IsRefused = true;
                break;
            case NetlinkDumpStatus.Refused when result.Errno == Errno.NoEntry:
                IsTorn = true; // a table or set that went meanwhile
                break;
            case NetlinkDumpStatus.Refused when mayBeUnknown && (result.Errno is Errno.InvalidArgument or Errno.NotSupported):
                break;
            default:
                HasFailed = true;
                if (what is not null)
                {
                    _builder.Miss(new MissingFact(MissingFactCode.RulesPartUnread, $"the firewall's {what}", Why(result)));
                }

                break;
        }

        return keeper.Messages;
    }

    private static string Why(NetlinkDumpResult result) => result.Status switch
    {
        NetlinkDumpStatus.Truncated => "a message of the kernel was larger than the buffer",
        NetlinkDumpStatus.Malformed => "the kernel's answer has an unknown format",
        _ => new LinuxException(result.Errno, "read the firewall's rules").Message,
    };
}
