using Portolan.Cli.Hosting;

namespace Portolan.Cli.Scanning.Live;

/// <summary>The one line at the bottom of a terminal that says where the run stands. Everything else that is written hides it first.</summary>
/// <remarks>On stderr, and only where that is a terminal that can erase a line; elsewhere nothing is ever shown.</remarks>
internal sealed class StatusLine
{
    /// <summary>Back to the start of the line, and erase to its end (ECMA-48 EL).</summary>
    private const string Erase = "\r\x1b[K";

    private readonly TextWriter? _error;
    private readonly Func<int?> _width;
    private bool _isShown;

    /// <summary>Takes stderr when it is a terminal.</summary>
    public StatusLine(CommandContext context)
    {
        _error = context.ErrorIsTerminal && context.Environment("TERM") is not (null or "" or "dumb") ? context.Error : null;
        _width = context.ReadErrorWidth;
    }

    /// <summary>Whether anything will be seen.</summary>
    public bool IsEnabled => _error is not null;

    /// <summary>Shows a text of plain ASCII in place of the last one, cut at the terminal's width.</summary>
    public void Show(string text)
    {
        if (_error is null)
        {
            return;
        }

        // One column stays free: a full last column makes some terminals wrap.
        var width = Math.Max(1, (_width() ?? 80) - 1);
        _error.Write(text.Length > width ? $"{Erase}{text.AsSpan(0, width)}" : $"{Erase}{text}");
        _isShown = true;
    }

    /// <summary>Makes place for lines of another kind.</summary>
    public void Hide()
    {
        if (_isShown)
        {
            _error!.Write(Erase);
            _isShown = false;
        }
    }
}
