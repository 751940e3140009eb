using System.CommandLine;
using Portolan.Cli.Changing;
using Portolan.Cli.Changing.Via;
using Portolan.Cli.Hosting;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Planning;
using Portolan.Model;

namespace Portolan.Cli.Commands.Firewall;

/// <summary>What allow, block and reject have in common.</summary>
public abstract class RuleCommand : PortolanCommand
{
    private readonly OwnAction _action;
    private readonly RuleOptions _rule;
    private readonly ChangeOptions _change;
    private readonly Option<bool> _cut = new("--cut") { Description = "end existing connections except your own; asks first" };

    private protected RuleCommand(OwnAction action, string summary)
        : base(action.Word(), summary)
    {
        _action = action;
        _rule = new RuleOptions(action);
        _change = new ChangeOptions(action == OwnAction.Allow ? ChangeOptions.AsksBeforeVia : ChangeOptions.AsksBeforeCut);
        Arguments.Add(_rule.Ports);
        Add("Whose packets", _rule.From, _rule.To, _rule.Interface);
        Add("How much", _rule.For);
        if (action == OwnAction.Allow)
        {
            Add("How much", _rule.Rate, _rule.Uncounted);
            Add("Whose rule", _rule.Via);
        }
        else
        {
            Add("How much", _cut);
        }

        Add("Whether", _change.DryRun, _change.Yes, _change.Force, _change.ConfirmWithin);
    }

    /// <summary>What is true of every change, as paragraphs of the details.</summary>
    private protected static string EveryChange =>
        """
        Every change is pending until portolan firewall confirm runs over a new connection, by default within 60 seconds
        (--confirm-within). Otherwise the kernel itself removes it: a pending change depends on set elements that time out, so it expires
        even if this program is killed. Before anything changes, the new rules are evaluated for a new connection like your own; if
        Portolan's rules would block it, the change is refused; --force overrides.

        All rules are in the table inet portolan. Ports and addresses are those that the sender uses, before any translation, so the rules
        also apply to published ports of containers. Traffic from this machine to itself, existing connections, and traffic forwarded to
        other machines are never affected. Of two rules the narrower comes first; of other overlapping rules, the newer; a rule for the
        same packets replaces the old one.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "changed and pending, shown by --dry-run, or already there"),
        .. _action == OwnAction.Allow
            ? (ReadOnlySpan<ExitCodeMeaning>)[new(ExitCode.NothingFound, "--via asked, and you said no"),
                new(ExitCode.Usage, "the command line is wrong, or --via lacks --yes without a terminal; nothing was done")]
            : [new(ExitCode.NothingFound, "--cut asked, and you said no"),
                new(ExitCode.Usage, "the command line is wrong, or --cut lacks --yes without a terminal; nothing was done")],
        new(
            ExitCode.Failed,
            _action == OwnAction.Allow
                ? "refused or failed, and nothing was changed; or changed, and rules of another program still drop the packets; " +
                    "or a command of --via failed"
                : "refused or failed; nothing was changed"),
        new(ExitCode.NoPrivilege, "missing privilege (CAP_NET_ADMIN); nothing was done"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["firewall confirm", "firewall undo", "nft(8)"];

    /// <inheritdoc/>
    public override string JsonSchema => ChangeJson.Schema;

    /// <inheritdoc/>
    public override Advice? Remedy(string name) => name == "--via" ? ViaRemedy.Blocking : null;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var rules = _rule.Read(parsed, () => context.Machine.Services);
        if (_action == OwnAction.Allow && parsed.GetValue(_rule.Via) is { } manager)
        {
            ViaRemedy.Refuse(parsed, manager, _rule.For, _rule.Rate, _rule.Uncounted, _rule.To, _rule.Interface, _change.ConfirmWithin);
            return new ViaRunner(
                context,
                new ViaRequest(manager, rules)
                {
                    DryRun = parsed.GetValue(_change.DryRun),
                    Yes = parsed.GetValue(_change.Yes),
                    Force = parsed.GetValue(_change.Force),
                },
                cancellationToken).Run();
        }

        var cut = _action != OwnAction.Allow && parsed.GetValue(_cut);
        return new ChangeRunner(context).Run(
            new RuleChangeRequest
            {
                Command = Name,
                Plan = (own, _, change) =>
                {
                    var counted = rules.Select(r => r.CountingNotFor(change.Origin)).ToList();
                    return RulePlanner.Add(own.State, counted, string.Join(", ", counted.Select(static r => r.Words)), change);
                },
                Within = _change.Within(parsed),
                DryRun = parsed.GetValue(_change.DryRun),
                Yes = parsed.GetValue(_change.Yes),
                Force = parsed.GetValue(_change.Force),
                Cut = cut,
                Wanted = rules,
                MayUseManager = _action == OwnAction.Allow
                    && rules.All(static r => r is { Lifetime: null, Rate: null, Scope: { Interface: null, To.IsAny: true } }),
                Question = cut ? "Existing connections will be ended." : null,
                Nothing = "the rule exists already",
            },
            cancellationToken);
    }
}
