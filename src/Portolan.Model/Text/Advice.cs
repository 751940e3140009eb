using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Portolan;

/// <summary>What a person is told to run or to change: a hint, a remedy, a fix.</summary>
/// <remarks>
/// Only an interpolated string makes one: <c>$"run portolan list {filter}"</c>. The program's own text stands as it is written.
/// Everything that is filled in becomes one word for a shell (<see cref="ShellWord.Quote"/>), so that a name that a process or a file
/// chose for itself runs nothing when the line is pasted. Another advice that is filled in stands as it is. No string converts to this
/// type.
/// </remarks>
[InterpolatedStringHandler]
public sealed class Advice : IEquatable<Advice>
{
    private readonly StringBuilder? _parts;
    private string? _text;

    /// <summary>Called by the compiler.</summary>
    /// <param name="literalLength">Letters of the program's own text.</param>
    /// <param name="formattedCount">How many words are filled in.</param>
    public Advice(int literalLength, int formattedCount)
    {
        _parts = formattedCount == 0 ? null : new StringBuilder(literalLength + (16 * formattedCount));
        _text = formattedCount == 0 ? "" : null;
    }

    private Advice(string text) => _text = text;

    /// <summary>The advice itself: gives <c>condition ? Advice.Of($"…") : $"…"</c> its type.</summary>
    public static Advice Of(Advice advice) => advice;

    /// <summary>An option with its value (<see cref="ShellWord.Option"/>).</summary>
    /// <param name="name">Such as <c>--rules</c>.</param>
    /// <param name="value">Any text.</param>
    public static Advice Option([System.Diagnostics.CodeAnalysis.ConstantExpected] string name, string value) =>
        new(ShellWord.Option(name, value));

    /// <summary>The words of a command, each of them one word for a shell, with a space between two.</summary>
    public static Advice Words(IEnumerable<string> words) => new(string.Join(' ', words.Select(ShellWord.Quote)));

    /// <summary>Words to choose from, with a comma between two.</summary>
    public static Advice List<T>(IEnumerable<T> words) => new(string.Join(", ", words.Select(static w => Of($"{w}"))));

    /// <summary>
    /// Foreign text in a sentence or behind <c>#</c>, never in a command: on one line, with what a terminal would obey made visible.
    /// </summary>
    public static Advice Prose(string text) => new(TerminalText.Escape(text));

    /// <summary>Several in one line.</summary>
    /// <param name="separator">Between two of them, such as <c> &amp;&amp; </c>.</param>
    /// <param name="parts">What is joined.</param>
    public static Advice Join([System.Diagnostics.CodeAnalysis.ConstantExpected] string separator, IEnumerable<Advice> parts) =>
        new(string.Join(separator, parts));

    /// <summary>Called by the compiler: the program's own text.</summary>
    public void AppendLiteral(string text)
    {
        if (_parts is null)
        {
            _text += text;
            return;
        }

        _parts.Append(text);
    }

    /// <summary>Called by the compiler: another advice, as it is.</summary>
    public void AppendFormatted(Advice? advice) => _parts!.Append(advice);

    /// <summary>Called by the compiler: one word.</summary>
    public void AppendFormatted(string? word) => _parts!.Append(ShellWord.Quote(word ?? ""));

    /// <summary>Called by the compiler: one word, a number or an address as it is written everywhere.</summary>
    public void AppendFormatted<T>(T value) => AppendFormatted(value, null);

    /// <summary>Called by the compiler: one word in a form of its own.</summary>
    public void AppendFormatted<T>(T value, string? format) => AppendFormatted(value switch
    {
        IFormattable formattable => formattable.ToString(format, CultureInfo.InvariantCulture),
        _ => value?.ToString(),
    });

    /// <summary>The line as it is printed.</summary>
    public override string ToString() => _text ??= _parts!.ToString();

    /// <summary>The line as a program says it on standard error: <c>hint: …</c>.</summary>
    public string ToHint() => "hint: " + ToString();

    /// <inheritdoc/>
    public bool Equals(Advice? other) => other is not null && string.Equals(ToString(), other.ToString(), StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Advice);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);
}
