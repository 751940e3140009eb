namespace Portolan.Forwarding.Grammar;

/// <summary>Errors of the person at the keyboard.</summary>
internal static class Errors
{
    public static PortolanException Usage(string message, string hint) => new(TerminalText.Escape(message), TerminalText.Escape(hint), ExitCode.Usage);
}
