using Portolan.Cli.Hosting;

namespace Portolan.Cli.Scanning.Live;

/// <summary>
/// The one line at the bottom of a terminal that says where the run stands. Everything else that is written hides it first.
/// </summary>
/// <remarks>On stderr, and only where that is a terminal that can erase a line; elsewhere nothing is ever shown.</remarks>
/// <param name="terminal">The terminal; <c>null</c> for none.</param>
/// <param name="width">Its width now; <c>null</c> when it does not say.</param>
internal sealed class StatusLine(TextWriter? terminal, Func<int?> width)
{
    /// <summary>Back to the start of the line, and erase to its end (ECMA-48 EL).</summary>
    private const string Erase = "\r\x1b[K";

    private bool _isShown;

    /// <summary>That of a command: on its stderr when it is a terminal.</summary>
    public static StatusLine For(CommandContext context) => new(
        context.ErrorIsTerminal && context.Environment("TERM") is not (null or "" or "dumb") ? context.Error : null,
        context.ReadErrorWidth);

    /// <summary>Whether anything will be seen.</summary>
    public bool IsEnabled => terminal is not null;

    /// <summary>Shows a text of plain ASCII in place of the last one, cut at the terminal's width.</summary>
    public void Show(string text)
    {
        if (terminal is null)
        {
            return;
        }

        // One column stays free: a full last column makes some terminals wrap.
        var columns = Math.Max(1, (width() ?? 80) - 1);
        terminal.Write(text.Length > columns ? $"{Erase}{text.AsSpan(0, columns)}" : $"{Erase}{text}");
        _isShown = true;
    }

    /// <summary>Makes place for lines of another kind.</summary>
    public void Hide()
    {
        if (_isShown)
        {
            terminal!.Write(Erase);
            _isShown = false;
        }
    }
}
