using System.Text;
using Portolan.Linux.Terminals;

namespace Portolan.Server.Hosting;

/// <summary>stdout for data, stderr for all else; each opened when it is first used.</summary>
internal sealed class ServerStreams
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Of a terminal that does not say.</summary>
    private const int UsualColumns = 80;

    private StreamWriter? _output;

    /// <summary>stdout as bytes, unbuffered.</summary>
    internal Stream Bytes { get; } = StandardStream.Output;

    /// <summary>The width of stdout when it is a terminal; <c>null</c> when it is none.</summary>
    internal int? Columns { get; } = StandardStream.Output.IsTerminal ? StandardStream.Output.TerminalColumns ?? UsualColumns : null;

    /// <summary>stdout as text for people, in what their locale can show. Use this or <see cref="Bytes"/>, not both at once.</summary>
    internal TextWriter Output =>
        _output ??= new StreamWriter(
            AsciiMarkStream.Over(Bytes, Environment.GetEnvironmentVariable), Utf8, leaveOpen: true)
        { NewLine = "\n" };

    /// <summary>stderr.</summary>
    internal TextWriter Error =>
        field ??= new StreamWriter(AsciiMarkStream.Over(StandardStream.Error, Environment.GetEnvironmentVariable), Utf8)
        {
            AutoFlush = true,
            NewLine = "\n",
        };

    /// <summary>Hands everything written so far to stdout.</summary>
    internal void Flush() => _output?.Flush();
}
