namespace Portolan.Forwarding.Grammar;

/// <summary>Errors of the person at the keyboard.</summary>
internal static class Errors
{
    public static PortolanException Usage(string message, Advice hint) => new(TerminalText.Escape(message), hint, ExitCode.Usage);
}
