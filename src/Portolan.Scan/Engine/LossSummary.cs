using Portolan.Scan.Pacing;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine;

/// <summary>Makes the figures of a run's losses from its counts.</summary>
internal static class LossSummary
{
    private const string NothingAnswered = "nothing answered";
    private const string AskedOnce = "no silent one was probed again";
    private const string FewAnswers = "too few answers";

    /// <summary>The figures.</summary>
    /// <param name="balance">What the probers counted.</param>
    /// <param name="coverage">What has its result. Silent targets of a stage that did not end are unfinished there.</param>
    public static ScanLosses Of(in ProbeBalance balance, RunCoverage coverage)
    {
        var all = (balance.Unfinished is { } cut ? balance with { Unfinished = cut with { Silent = 0 } } : balance).AllLosses;
        var (path, limited) = (all.Bound(LossKind.Path), all.Bound(LossKind.Limited));
        var silent = all.Silent(LossKind.Path) + all.Silent(LossKind.Limited) + all.UnsettledPorts;
        var found = path.Found + limited.Found;
        var answered = Math.Max((long)found, coverage.AnsweredPorts);

        // Of hosts at a pace of their own all that is silent may have been missed, unless enough answers say less.
        var ofLimits = (limited.MissRate is null ? all.Silent(LossKind.Limited) : limited.Missed) + all.UnsettledPorts;
        var missed = path.Missed + ofLimits;
        double? bound = path.IsUnknown && all.Silent(LossKind.Path) > 0 ? null : silent == 0 ? 0 : ShareOf(missed, found, path, limited);
        var estimate = all.Estimate(LossKind.Path) + all.Estimate(LossKind.Limited);
        var ports = new MissFigure(
            answered, silent, coverage.UnfinishedPorts, IsTold(path, all.Silent(LossKind.Path)) ? estimate.MissRate : null,
            answered > 0 ? bound : null,
            Why(path, all, LossKind.Path, answered, bound));
        var hosts = all.Bound(LossKind.Discovery);
        var hostsSilent = all.Silent(LossKind.Discovery);
        double? hostsBound = hostsSilent == 0 && hosts.Found > 0 ? 0 : hosts.MissRate;
        return new ScanLosses(
            ports,
            hosts.Found + hostsSilent + coverage.UnfinishedHosts == 0
                ? null
                : new MissFigure(
                    (long)hosts.Found, hostsSilent, coverage.UnfinishedHosts,
                    IsTold(hosts, hostsSilent) ? all.Estimate(LossKind.Discovery).MissRate : null, hostsBound,
                    Why(hosts, all, LossKind.Discovery, hosts.Found, hostsBound)),
            PathOf(path.Found > 0 || path.Trials > 0 || found > 0 ? LossKind.Path : LossKind.Discovery, all),
            new HostLimits(all.LimitedHosts, all.UnsettledPorts),
            new LocalLoss(balance.NotSent, balance.Dropped))
        {
            StoppedHosts = coverage.StoppedHosts,
        };
    }

    private static double? ShareOf(double missed, double found, in LossBound path, in LossBound limited)
    {
        var chance = found > 0
            ? ((path.Chance * path.Found) + ((limited.MissRate is null ? 0 : limited.Chance) * limited.Found)) / found
            : 0;
        return missed + found <= 0 ? null : Math.Max(missed / (missed + found), chance);
    }

    private static PathLoss PathOf(LossKind kind, LossLedger all)
    {
        var bound = all.Bound(kind);
        var isTold = IsTold(bound, all.Silent(kind));
        var loss = isTold ? all.Estimate(kind).ProbeLoss : null;

        // The likeliest loss counts a pass that the end of the scan cut short in another way; it is never above the bound.
        return new PathLoss((long)bound.Trials, loss, bound.Loss < 1 && bound.Found > 0 ? Math.Max(bound.Loss, loss ?? 0) : null);
    }

    // An estimate of nothing lost needs something that was asked twice, or nothing that stayed silent.
    private static bool IsTold(in LossBound bound, long silent) => bound.Found > 0 && (bound.Trials > 0 || silent == 0);

    private static string? Why(in LossBound bound, LossLedger all, LossKind kind, double found, double? told) =>
        found <= 0
            ? NothingAnswered
            : told is not null ? null : bound.Trials > 0 || all.Strata.Any(s => s.Kind == kind && s.Attempts > 1) ? FewAnswers : AskedOnce;
}
