using Portolan.Cli.Hosting;
using Portolan.Cli.Scanning.Live;
using Portolan.Model;

namespace Portolan.Cli.Scanning;

/// <summary>Asks before a scan that is so large that it may be a slip of the finger.</summary>
internal static class ScanConfirmation
{
    /// <summary>Up to so many targets nobody is asked.</summary>
    public const ulong MostUnasked = 1 << 20;

    /// <summary>Goes on, or ends the command.</summary>
    /// <exception cref="PortolanException">Nobody can be asked, or the answer is no. Exit code 2.</exception>
    public static void Ask(ulong hosts, ulong probes, bool yes, bool inputIsUsed, CommandContext context)
    {
        if (hosts <= MostUnasked || yes)
        {
            return;
        }

        var what = probes > 0
            ? $"{ScanWording.Count(hosts)} targets, {ScanWording.Count(probes)} probes"
            : $"{ScanWording.Count(hosts)} targets";
        if (!context.InputIsTerminal || inputIsUsed)
        {
            throw ScanErrors.Usage(
                $"this is a scan of {what} and needs confirmation, and stdin is not a terminal to ask on",
                $"to confirm, add --yes");
        }

        context.Error.Write($"This is a scan of {what}. Continue? [y/N] ");
        if (context.Input.ReadLine()?.Trim().ToLowerInvariant() is not ("y" or "yes"))
        {
            throw ScanErrors.Usage("nothing was sent", $"give fewer targets, or answer y");
        }
    }
}
