using System.Globalization;
using Portolan.Firewall.Changing;
using Portolan.Firewall.Host;

namespace Portolan.Reachability.Sessions;

/// <summary>
/// Whether a pending change may be confirmed from where the caller is: only a connection made after the change shows that connections can
/// still be made.
/// </summary>
public static class Confirmation
{
    private static readonly Advice Remedy =
        $"from another terminal, run: ssh -o ControlMaster=no -o ControlPath=none HOST portolan firewall confirm";

    /// <summary>Start times are kept in hundredths of a second, and the boot time they are counted from in whole seconds.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    /// <summary>Says why not, or <c>null</c> when it may.</summary>
    /// <param name="change">The pending change.</param>
    /// <param name="caller">Where the confirmation comes from.</param>
    /// <param name="host">Reads the machine's addresses and routes, where they are needed.</param>
    public static ConfirmationRefusal? Refuse(OwnChange change, CallerSession caller, Func<HostFacts> host)
    {
        switch (caller.Origin.Kind)
        {
            case ChangeOriginKind.Console:
                return null;
            case ChangeOriginKind.Unknown:
                return new ConfirmationRefusal(
                    $"the connection of this command is unknown: {caller.WhyUnknown}",
                    $"{Remedy}; or add --force if you are sure that you can still connect");
        }

        if (SelfConnection.Is(caller.Origin, host()))
        {
            return new ConfirmationRefusal(
                $"this is a connection of the machine to itself (from {caller.Origin.RemoteAddress} to {caller.Origin.LocalAddress}), "
                    + $"which is always kept open and proves nothing about other hosts",
                $"from another machine, run: ssh -o ControlMaster=no -o ControlPath=none HOST portolan firewall confirm; or add --force "
                    + $"if you are sure that you can still connect");
        }

        if (change.Origin.IsSameConnectionAs(caller.Origin))
        {
            return new ConfirmationRefusal(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"change {change.Number} was made over this connection, which proves nothing about new ones (a multiplexed ssh uses "
                        + $"one connection for all its sessions)"),
                Remedy);
        }

        return caller.StartedAt is { } start && start < change.At - Slack
            ? new ConfirmationRefusal(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"this connection is older than change {change.Number}, which proves nothing about new ones"),
                Remedy)
            : null;
    }
}

/// <summary>Why a change may not be confirmed from here.</summary>
/// <param name="Why">The reason.</param>
/// <param name="Hint">What to do instead.</param>
public sealed record ConfirmationRefusal(string Why, Advice Hint);
