using System.Text;
using Portolan.Cli.Hosting;
using Portolan.Model;

namespace Portolan.Cli.Forwarding;

/// <summary>Reads files of forwards.</summary>
internal static class ForwardFiles
{
    /// <summary>The text of a file; of <c>-</c> stdin's.</summary>
    /// <exception cref="PortolanException">It cannot be read, or is too long.</exception>
    public static string Read(string file, CommandContext context)
    {
        try
        {
            using var bytes = file == "-"
                ? new BoundedStream(context.OpenInputBytes(), InputLimit.Forwards, "stdin")
                : BoundedStream.Open(file, InputLimit.Forwards);
            using var text = new StreamReader(bytes, Encoding.UTF8);
            return text.ReadToEnd();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException(
                $"cannot read {TerminalText.Escape(file)}: {NamedFile.WhyNot(exception, file)}",
                $"give -f a readable file, or - for stdin", ExitCode.Usage, exception);
        }
    }
}
