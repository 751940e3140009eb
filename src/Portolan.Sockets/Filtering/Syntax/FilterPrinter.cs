using System.Text;

namespace Portolan.Sockets.Filtering.Syntax;

/// <summary>Writes a filter in its one canonical form, which reads back as the same filter.</summary>
internal static class FilterPrinter
{
    private static readonly System.Buffers.SearchValues<char> Special = System.Buffers.SearchValues.Create("()=<>&|!,\"'\\:");
    private static readonly string[] Words = ["and", "or", "not", "in", "eq", "ne", "neq", "lt", "gt", "le", "leq", "ge", "geq"];

    /// <summary>The canonical text.</summary>
    public static string Print(FilterNode node)
    {
        var text = new StringBuilder();
        Write(text, node);
        return text.ToString();
    }

    /// <summary>The text as one value, in quotes when it would otherwise be read as something else.</summary>
    public static string Quote(string text)
    {
        var plain = text.Length > 0 && !text.AsSpan().ContainsAny(Special) && !text.Any(char.IsWhiteSpace)
            && !Words.Contains(text, StringComparer.OrdinalIgnoreCase);
        return plain ? text : $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
    }

    private static void Write(StringBuilder text, FilterNode node)
    {
        switch (node)
        {
            case AndNode and:
                WriteAll(text, and.Operands, " and ", static operand => operand is AndNode or OrNode);
                break;
            case OrNode or:
                WriteAll(text, or.Operands, " or ", static operand => operand is OrNode);
                break;
            case NotNode not:
                text.Append("not ");
                WriteOperand(text, not.Operand, not.Operand is AndNode or OrNode);
                break;
            case StateNode state:
                text.Append("state ").Append(StateWords.Print(state.States));
                break;
            case ProtocolNode protocol:
                text.Append("protocol ").AppendJoin(',', KindWords.Print(protocol.Protocols));
                break;
            case FamilyNode family:
                text.Append("family ").AppendJoin(',', KindWords.Print(family.Families));
                break;
            case AutoboundNode:
                text.Append("autobound");
                break;
            case PortNode port:
                WriteField(text, port.End switch { SocketEnd.Local => "sport", SocketEnd.Remote => "dport", _ => "port" }, port.Comparison)
                    .AppendJoin(',', port.Terms);
                break;
            case HostNode host:
                WriteField(
                    text, host.End switch { SocketEnd.Local => "src", SocketEnd.Remote => "dst", _ => "address" }, FilterComparison.Equal)
                    .AppendJoin(',', host.Terms);
                break;
            case NumberNode number:
                WriteField(text, number.Field.Name, number.Comparison).AppendJoin(',', number.Ranges.Select(Print));
                break;
            case UserNode user:
                WriteField(text, "user", user.Comparison).AppendJoin(
                    ',', user.Terms.Select(t => t.Name is { } name ? Quote(name.Text) : Print(t.Ids)));
                break;
            case PatternNode pattern:
                WriteField(text, pattern.Field.Name, FilterComparison.Equal).AppendJoin(',', pattern.Patterns.Select(Quote));
                break;
            case ServiceNode service:
                WriteField(text, "service", FilterComparison.Equal).AppendJoin(',', service.Names.Select(static n => Quote(n.Text)));
                break;
            case InterfaceNode device:
                WriteField(text, "dev", FilterComparison.Equal).AppendJoin(',', device.Interfaces.Select(static n => Quote(n.Text)));
                break;
            default:
                throw new InvalidOperationException($"{node.GetType().Name} has no text");
        }
    }

    private static void WriteAll(
        StringBuilder text, IReadOnlyList<FilterNode> operands, string between, Func<FilterNode, bool> needsParentheses)
    {
        for (var i = 0; i < operands.Count; i++)
        {
            text.Append(i > 0 ? between : "");
            WriteOperand(text, operands[i], needsParentheses(operands[i]));
        }
    }

    private static void WriteOperand(StringBuilder text, FilterNode operand, bool parentheses)
    {
        text.Append(parentheses ? "(" : "");
        Write(text, operand);
        text.Append(parentheses ? ")" : "");
    }

    private static StringBuilder WriteField(StringBuilder text, string field, FilterComparison comparison) =>
        text.Append(field).Append(comparison switch
        {
            FilterComparison.Less => " < ",
            FilterComparison.LessOrEqual => " <= ",
            FilterComparison.Greater => " > ",
            FilterComparison.GreaterOrEqual => " >= ",
            _ => " ",
        });

    private static string Print(NumberRange range) => range.First == range.Last ? $"{range.First}" : $"{range.First}-{range.Last}";
}
