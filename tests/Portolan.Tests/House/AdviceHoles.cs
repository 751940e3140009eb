using System.Buffers.Binary;
using System.Reflection;
using System.Reflection.Emit;
using System.Text;

namespace Portolan.Tests.House;

/// <summary>
/// Finds what is filled in between quotes in advice, in compiled code: an interpolated string is one call for each of its parts.
/// </summary>
internal static class AdviceHoles
{
    private static readonly Dictionary<int, OpCode> Codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(static f => f.GetValue(null)).OfType<OpCode>().ToDictionary(static c => (int)(ushort)c.Value);

    /// <summary>All holes of a type's methods, and whether each stands between quotes.</summary>
    internal static IEnumerable<AdviceHole> Of(Type type)
    {
        const BindingFlags all =
            BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        return type.GetMethods(all).Cast<MethodBase>().Concat(type.GetConstructors(all)).SelectMany(Of);
    }

    /// <summary>Whether the text so far leaves a quotation mark open. An apostrophe within a word is none.</summary>
    internal static bool IsQuoted(ReadOnlySpan<char> text)
    {
        var open = '\0';
        for (var i = 0; i < text.Length; i++)
        {
            if (open != '\0')
            {
                open = text[i] == open ? '\0' : open;
            }
            else if (text[i] is '"' or '`' || (text[i] == '\'' && (i == 0 || !char.IsLetterOrDigit(text[i - 1]))))
            {
                open = text[i];
            }
        }

        return open != '\0';
    }

    private static IEnumerable<AdviceHole> Of(MethodBase method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } code)
        {
            yield break;
        }

        // The constructor says how much comes: an advice within a hole of another is complete before that one goes on.
        var begun = new Stack<Begun>();
        var (literal, before, last) = ("", 0, 0);
        for (var at = 0; at < code.Length;)
        {
            var number = code[at] == 0xfe ? (code[at++] << 8) | code[at] : code[at];
            at++;
            var operation = Codes[number];
            var operand = code.AsMemory(at);
            at += Length(operation.OperandType);
            at += operation.OperandType == OperandType.InlineSwitch ? 4 * BinaryPrimitives.ReadInt32LittleEndian(operand.Span) : 0;
            if (Constant(operation, operand.Span) is { } constant)
            {
                (before, last) = (last, constant);
            }
            else if (operation.OperandType == OperandType.InlineString)
            {
                literal = method.Module.ResolveString(BinaryPrimitives.ReadInt32LittleEndian(operand.Span));
            }
            else if (operation.OperandType == OperandType.InlineMethod
                && Called(method, BinaryPrimitives.ReadInt32LittleEndian(operand.Span)) is { } called
                && called.DeclaringType == typeof(Advice))
            {
                if (called.IsConstructor && called.GetParameters().Length == 2)
                {
                    begun.Push(new Begun(before, last));
                }
                else if (called.Name == nameof(Advice.AppendLiteral))
                {
                    begun.Peek().Add(literal);
                }
                else if (called.Name == nameof(Advice.AppendFormatted))
                {
                    var text = begun.Peek().Fill();
                    yield return new AdviceHole($"{method.DeclaringType!.FullName}.{method.Name}: {text}{{", IsQuoted(text));
                }

                while (begun.Count > 0 && begun.Peek().IsComplete)
                {
                    begun.Pop();
                }
            }
        }
    }

    private static int? Constant(OpCode operation, ReadOnlySpan<byte> operand) =>
        operation == OpCodes.Ldc_I4_S ? (sbyte)operand[0]
        : operation == OpCodes.Ldc_I4 ? BinaryPrimitives.ReadInt32LittleEndian(operand)
        : operation.Value is var value && value >= OpCodes.Ldc_I4_0.Value && value <= OpCodes.Ldc_I4_8.Value
        ? value - OpCodes.Ldc_I4_0.Value
        : null;

    private static MethodBase? Called(MethodBase method, int token)
    {
        var ofType = method.DeclaringType is { IsGenericType: true } generic ? generic.GetGenericArguments() : null;
        return method.Module.ResolveMethod(token, ofType, method.IsGenericMethod ? method.GetGenericArguments() : null);
    }

    private static int Length(OperandType type) => type switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        _ => 4,
    };
}

/// <summary>An advice of which parts are to come.</summary>
file sealed class Begun(int letters, int holes)
{
    private readonly StringBuilder _text = new();
    private int _letters = letters;
    private int _holes = holes;

    internal bool IsComplete => _letters == 0 && _holes == 0;

    internal void Add(string literal)
    {
        _text.Append(literal);
        _letters -= literal.Length;
    }

    /// <summary>The text up to here; what is filled in stands for a letter from now on.</summary>
    internal string Fill()
    {
        var text = _text.ToString();
        _text.Append('x');
        _holes--;
        return text;
    }
}

/// <summary>Something that is filled in.</summary>
/// <param name="Place">The method, and the text before it.</param>
/// <param name="IsQuoted">Whether it stands between quotes.</param>
internal sealed record AdviceHole(string Place, bool IsQuoted);
