using Portolan.Firewall.Acquire;
using Portolan.Firewall.Changing.Planning;
using Portolan.Firewall.Changing.Table;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Reading;
using Portolan.Linux;
using Portolan.Linux.Netfilter;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Changing;

/// <summary>Changes table <c>inet portolan</c>: reads, plans, has the plan judged, and replaces the table in one transaction.</summary>
/// <remarks>
/// The transaction is for the generation that was read. When anybody changed any rule meanwhile, the kernel refuses it and all is done
/// again, so that of two changes at once the second sees the first and nothing is lost. One thread.
/// </remarks>
public sealed class RuleChanger
{
    /// <summary>So many conflicts are enough: something changes the rules all the time.</summary>
    private const int MaximumAttempts = 50;

    private readonly Func<INetlinkChannel> _open;

    /// <summary>Uses channels of <see cref="NetlinkFamily.Netfilter"/> of the namespace whose rules are changed.</summary>
    public RuleChanger(Func<INetlinkChannel> open) => _open = open;

    /// <summary>Reads all rules over a channel; legacy tables too, for they may drop what Portolan accepts.</summary>
    public Func<INetlinkChannel, CancellationToken, RulesetReading> ReadRules { get; init; } = static (channel, cancellationToken) =>
    {
        using var legacy = new KernelLegacyTables();
        return KernelRules.Read(channel, legacy, cancellationToken);
    };

    /// <summary>Told of every step, for tests that end the process there.</summary>
    public Action<ChangeStep> Reached { get; init; } = static _ => { };

    /// <summary>A channel to the kernel that says why it refuses something.</summary>
    public static INetlinkChannel OpenKernel()
    {
        var socket = NetlinkSocket.Open(NetlinkFamily.Netfilter);
        socket.ExplainErrors();
        return socket;
    }

    /// <summary>How often the own table has to look damaged before it is.</summary>
    private const int ReadsOfDamage = 20;

    /// <summary>
    /// How often something has to look ended before it is: what is over stays over, what a reading missed the next one finds.
    /// </summary>
    private const int ReadsOfEnd = 4;

    /// <summary>Reads the rules.</summary>
    /// <exception cref="PortolanException">They may not be read, or Portolan's own table is not as Portolan writes it.</exception>
    public (Ruleset Rules, OwnTable Own) Read(CancellationToken cancellationToken)
    {
        using var channel = _open();
        var ended = 0;
        for (var attempt = 1; attempt <= MaximumAttempts; attempt++)
        {
            // Half of one table and half of the next would be taken for damage.
            var rules = ReadRules(channel, cancellationToken).Require();
            if (rules.IsTorn)
            {
                continue;
            }

            try
            {
                var own = OwnTable.Read(rules);
                if (!own.HasEnded || ++ended == ReadsOfEnd)
                {
                    return (rules, own);
                }

                // The next commit would take away what only this reading missed.
                Thread.Sleep(ended);
            }
            catch (PortolanException) when (attempt < ReadsOfDamage)
            {
                // The kernel counts the generation before it turns it over (nf_tables_commit), and a set that grows is rehashed later, when
                // a dump may miss an element: such a reading is torn and does not show it. On a busy machine that lasts a while.
                Thread.Sleep(attempt);
            }
        }

        throw AlwaysChanging();
    }

    /// <summary>Plans and applies a change.</summary>
    /// <param name="plan">Makes the plan; called again when the rules changed meanwhile.</param>
    /// <param name="judge">Looks at what is proposed and may throw to refuse it; called again too.</param>
    /// <param name="isDryRun">Whether nothing is sent.</param>
    /// <param name="cancellationToken">Gives up before the change is sent.</param>
    /// <exception cref="PortolanException">It cannot be done. Nothing was changed then.</exception>
    public AppliedChange Apply(
        Func<OwnTable, Ruleset, ChangePlan> plan, Action<ProposedChange> judge, bool isDryRun, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= MaximumAttempts; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (rules, own) = Read(cancellationToken);
            Reached(ChangeStep.Read);
            var planned = plan(own, rules);
            var image = OwnTableBuilder.Build(planned.After);
            var batch = TableMessages.Batch(image, rules.Generation);
            Reached(ChangeStep.Planned);
            var proposed =
                new ProposedChange(planned, rules, planned.IsNothing ? rules : ProposedRuleset.With(rules, batch), TableText.Of(image));
            if (!planned.IsNothing)
            {
                judge(proposed);
            }

            if (planned.IsNothing || isDryRun)
            {
                return new AppliedChange(proposed, own.Expired, own.Lost, IsApplied: false);
            }

            Reached(ChangeStep.Judged);
            using var channel = _open();
            var result = batch.Send(channel);
            if (result.Status == NetfilterBatchStatus.Committed)
            {
                Reached(ChangeStep.Committed);
                return new AppliedChange(proposed, own.Expired, own.Lost, IsApplied: true);
            }

            if (result.Status != NetfilterBatchStatus.GenerationConflict)
            {
                throw Refused(result);
            }
        }

        throw AlwaysChanging();
    }

    private static PortolanException AlwaysChanging() => new(
        $"another program changed the firewall's rules during each of {MaximumAttempts} attempts",
        $"find that program with nft monitor, then run the command again",
        ExitCode.Failed);

    private static PortolanException Refused(NetfilterBatchResult result) => result.Status switch
    {
        NetfilterBatchStatus.NotPermitted => NotPermitted(),
        NetfilterBatchStatus.Unsupported => new PortolanException(
            "this kernel has no nf_tables",
            $"load it with modprobe nf_tables, or use a kernel with nf_tables",
            ExitCode.Failed),
        NetfilterBatchStatus.Failed => new PortolanException(
            $"the kernel did not confirm the change ({new LinuxException(result.Errno, "netlink").Message})",
            $"portolan firewall show lists the current rules",
            ExitCode.Failed),
        _ => new PortolanException(
            $"the kernel refused the change, and nothing was changed: {result.ToException("load table inet portolan").Message}",
            $"print the rules with --dry-run, and check them with nft -c -f FILE",
            ExitCode.Failed),
    };

    private static PortolanException NotPermitted() => new(
        "changing the firewall's rules requires CAP_NET_ADMIN",
        $"run it as root, e.g. with sudo",
        ExitCode.NoPrivilege);
}

/// <summary>A change before it is applied.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="Current">All rules as they are.</param>
/// <param name="Proposed">All rules as they would be.</param>
/// <param name="Text">What would be loaded, in text of nft.</param>
public sealed record ProposedChange(ChangePlan Plan, Ruleset Current, Ruleset Proposed, string Text);

/// <summary>A change that was applied, or was not because it was a dry run or nothing was to be done.</summary>
/// <param name="Change">The change.</param>
/// <param name="Expired">Earlier changes that were not confirmed in time.</param>
/// <param name="Lost">Rules that another program took out of Portolan's chain.</param>
/// <param name="IsApplied">Whether the kernel took it.</param>
public sealed record AppliedChange(ProposedChange Change, IReadOnlyList<OwnChange> Expired, IReadOnlyList<OwnRule> Lost, bool IsApplied);
