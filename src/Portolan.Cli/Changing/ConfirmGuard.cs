using System.Globalization;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Planning;
using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Model;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Sessions;

namespace Portolan.Cli.Changing;

/// <summary>
/// Judges what a confirmation makes last for a new connection like the confirming one, now and when everything that is pending or has a
/// time has ended: that somebody got in just now proves nothing about rules that stay when others go.
/// </summary>
internal sealed class ConfirmGuard(ChangeMachine machine, CallerSession session, bool isForced, CancellationToken cancellationToken)
{
    private HostFacts? _host;
    private IReadOnlyList<ChangeOrigin>? _asSent;

    /// <summary>How new connections of the caller would fare under what lasts.</summary>
    public List<LockOutCheck> Checks { get; } = [];

    /// <summary>What a person should worry about.</summary>
    public List<string> Warnings { get; } = [];

    private HostFacts Host => _host ??= machine.ReadHost(cancellationToken);

    /// <summary>Refuses changes that this connection proves nothing about.</summary>
    /// <exception cref="PortolanException">It proves nothing.</exception>
    public void CheckProof(IReadOnlyList<OwnChange> confirmed)
    {
        foreach (var change in isForced ? [] : confirmed)
        {
            if (Confirmation.Refuse(change, session, () => Host) is { } refusal)
            {
                throw Refused(change, refusal.Why, refusal.Hint);
            }
        }
    }

    /// <summary>Judges what would last. May be called again for a later state of the rules.</summary>
    /// <exception cref="PortolanException">The caller would be locked out.</exception>
    public void Judge(ProposedChange proposed)
    {
        Checks.Clear();
        Warnings.Clear();
        var plan = proposed.Plan;
        if (plan.Confirmed.Count == 0)
        {
            return;
        }

        var forecaster = new LockOutForecaster(proposed.Current, Host, Ask);
        _asSent ??= LockOutWords.AsSent(machine, session.Connections, cancellationToken);
        foreach (var connection in _asSent.Where(c => !SelfConnection.Is(c, Host)))
        {
            Checks.Add(forecaster.CheckLasting(connection, plan.After));
            if (forecaster.Find(connection, plan.After, plan.Before) is not { } found)
            {
                continue;
            }

            var text =
                $"{LockOutWords.When(found)}{LockOutWords.Like("yours", connection)} would be stopped by "
                    + $"{LockOutWords.Name(found.Check.Decider)}";
            if (found.IsNew && !isForced)
            {
                throw Refused(plan.Confirmed[^1], text, Remedy(forecaster, connection, plan));
            }

            Warnings.Add(text);
        }

        WarnForThoseWhoMadeIt(forecaster, plan);
    }

    private FlowAnswer Ask(Ruleset rules, HostFacts host, FlowQuery query) => machine.Judge(rules, host, query, cancellationToken);

    /// <summary>Who confirms may connect by another way than who made the change.</summary>
    private void WarnForThoseWhoMadeIt(LockOutForecaster forecaster, ChangePlan plan)
    {
        foreach (var change in plan.Confirmed.Where(c => c.Origin.Kind == ChangeOriginKind.Network).DistinctBy(
            c => (c.Origin.RemoteAddress, c.Origin.LocalAddress, c.Origin.LocalPort)))
        {
            var connection = LockOutWords.AsSent(machine, [change.Origin], cancellationToken)[0];
            if (!SelfConnection.Is(connection, Host)
                && !Checks.Exists(
                    c => c.Connection.RemoteAddress == connection.RemoteAddress && c.Connection.LocalAddress == connection.LocalAddress
                        && c.Connection.LocalPort == connection.LocalPort)
                && forecaster.Find(connection, plan.After, plan.Before) is { IsNew: true } found)
            {
                var whose = string.Create(CultureInfo.InvariantCulture, $"the connection that made change {change.Number}");
                Warnings.Add($"{LockOutWords.When(found)}{LockOutWords.Like(whose, connection)} would be stopped by "
                    + $"{LockOutWords.Name(found.Check.Decider)}");
            }
        }
    }

    private static Advice Remedy(LockOutForecaster forecaster, ChangeOrigin connection, ChangePlan plan)
    {
        var all = PendingPlanner.Confirm(plan.Before, [.. plan.Before.Pending]);
        return plan.Confirmed.Count < all.Confirmed.Count && forecaster.Find(connection, all.After, plan.Before) is not { IsNew: true }
            ? Advice.Of(
                $"another pending change keeps you in: confirm all with portolan firewall confirm, without a number; or add --force")
            : $"first keep yourself in with portolan allow {connection.LocalPort}/tcp --from {connection.RemoteAddress}, then confirm both "
                + $"from a new connection; or add --force";
    }

    private static PortolanException Refused(OwnChange change, string why, Advice hint) =>
        new(
            string.Create(CultureInfo.InvariantCulture, $"change {change.Number} ({change.Words}) is not confirmed: {why}"), hint,
            ExitCode.Failed);
}
