using Portolan.Cli.Hosting;
using Portolan.Model;

namespace Portolan.Cli.Forwarding;

/// <summary>Reads files of forwards.</summary>
internal static class ForwardFiles
{
    /// <summary>Characters of a file; more are no list that a person keeps.</summary>
    private const int MostCharacters = 4 * 1024 * 1024;

    /// <summary>The text of a file; of <c>-</c> stdin's.</summary>
    /// <exception cref="PortolanException">It cannot be read, or does not end.</exception>
    public static string Read(string file, CommandContext context)
    {
        try
        {
            if (Directory.Exists(file))
            {
                throw new PortolanException($"cannot read {TerminalText.Escape(file)}: it is a folder", "give -f a file in it", ExitCode.Usage);
            }

            using var opened = file == "-" ? null : NamedFile.OpenText(file);
            var reader = opened ?? context.Input;
            var text = new char[4096];
            var length = 0;
            while (reader.Read(text, length, text.Length - length) is var count and > 0)
            {
                length += count;
                if (length > MostCharacters)
                {
                    throw new PortolanException($"{TerminalText.Escape(file)} is longer than 4 MiB", "give -f a file of forwards, one on each line", ExitCode.Usage);
                }

                if (length == text.Length)
                {
                    Array.Resize(ref text, length * 2);
                }
            }

            return new string(text, 0, length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException($"cannot read {TerminalText.Escape(file)}: {NamedFile.WhyNot(exception, file)}", "give -f a file that can be read, or - for stdin", ExitCode.Usage, exception);
        }
    }
}
