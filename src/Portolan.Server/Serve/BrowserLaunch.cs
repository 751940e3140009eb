using System.Net;
using System.Text;
using Portolan.Linux;
using Portolan.Web.Access;

namespace Portolan.Server.Serve;

/// <summary>
/// <c>serve --open</c>: opens a link in the browser. Every user can read the arguments of a process, so the browser gets a file that only
/// this user may read; the file refers to the link.
/// </summary>
internal static class BrowserLaunch
{
    private const string FileName = "open.html";

    private static readonly string[] Programs =
        ["/usr/bin/xdg-open", "/usr/bin/sensible-browser", "/usr/bin/x-www-browser", "/usr/bin/firefox", "/usr/bin/chromium"];

    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Refuses where a browser would run as root, or where there is none.</summary>
    /// <exception cref="PortolanException">It is so.</exception>
    internal static void Check()
    {
        if (Linux.Proc.EffectiveUser.Id == 0)
        {
            throw new PortolanException(
                "--open would run a browser as root", $"leave out --open, and open the printed link as yourself", ExitCode.Usage);
        }

        if (!Array.Exists(Programs, File.Exists))
        {
            throw new PortolanException(
                "--open finds no browser", $"leave out --open, and open the printed link", ExitCode.Failed);
        }
    }

    /// <summary>Opens a link.</summary>
    internal static void Open(StateFolder folder, string link, Action<Exception> report)
    {
        folder.Write(FileName, Encoding.UTF8.GetBytes(
            $"<!doctype html><meta charset=\"utf-8\"><meta name=\"referrer\" content=\"no-referrer\">" +
            $"<meta http-equiv=\"refresh\" content=\"0;url={WebUtility.HtmlEncode(link)}\"><title>Portolan</title>\n"));
        var program = Array.Find(Programs, File.Exists)!;
        _ = Task.Run(() =>
        {
            try
            {
                ProgramRunner.Run(program, [folder[FileName]], Longest, CancellationToken.None);
            }
            catch (PortolanException exception)
            {
                report(exception);
            }
        });
    }
}
