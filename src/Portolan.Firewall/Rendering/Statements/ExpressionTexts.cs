using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary>Names the writer of each kind of expression, each in a file of its own.</summary>
internal static class ExpressionTexts
{
    /// <summary>Writes an expression, or keeps what it loads.</summary>
    public static void Write(RuleTranslation rule, Expression expression)
    {
        switch (expression)
        {
            case PayloadExpression e:
                rule.Registers.Load(e.Destination, new Operands.PayloadOperand(e.Base, e.Offset, e.Length));
                break;
            case MetaExpression e:
                rule.Registers.Load(e.Destination, MetaText.Operand(e.Key));
                break;
            case ConnectionTrackingExpression e:
                rule.Registers.Load(e.Destination, ConnectionText.Operand(e.Key, e.Direction));
                break;
            case ImmediateExpression e:
                ImmediateText.Write(rule, e);
                break;
            case CompareExpression e:
                CompareText.Write(rule, e);
                break;
            case RangeExpression e:
                RangeText.Write(rule, e);
                break;
            case LookupExpression e:
                LookupText.Write(rule, e);
                break;
            case BitwiseExpression e:
                BitwiseText.Write(rule, e);
                break;
            case ByteOrderExpression e:
                BitwiseText.Write(rule, e);
                break;
            case FibExpression e:
                rule.Registers.Load(e.Destination, FibText.Operand(e));
                break;
            case RoutingExpression e:
                rule.Registers.Load(e.Destination, FactText.Operand(e));
                break;
            case SocketExpression e:
                rule.Registers.Load(e.Destination, FactText.Operand(e));
                break;
            case NumberGeneratorExpression e:
                rule.Registers.Load(e.Destination, FactText.Operand(e));
                break;
            case OsFingerprintExpression e:
                rule.Registers.Load(e.Destination, FactText.Operand(e));
                break;
            case XfrmExpression e:
                rule.Registers.Load(e.Destination, FactText.Operand(e));
                break;
            case HashExpression e:
                HashText.Write(rule, e);
                break;
            case ExtensionHeaderExpression e:
                ExtensionHeaderText.Write(rule, e);
                break;
            case MetaWriteExpression e:
                MetaText.Write(rule, e);
                break;
            case ConnectionTrackingWriteExpression e:
                ConnectionText.Write(rule, e);
                break;
            case PayloadWriteExpression e:
                PayloadWriteText.Write(rule, e);
                break;
            case RejectExpression e:
                RejectText.Write(rule, e);
                break;
            case NatExpression e:
                NatText.Write(rule, e);
                break;
            case MasqueradeExpression e:
                NatText.WritePorts(rule, "masquerade", e.PortMin, e.PortMax, e.Flags, e);
                break;
            case RedirectExpression e:
                NatText.WritePorts(rule, "redirect", e.PortMin, e.PortMax, e.Flags, e);
                break;
            case TransparentProxyExpression e:
                TransparentProxyText.Write(rule, e);
                break;
            case DynamicSetExpression e:
                DynamicSetText.Write(rule, e);
                break;
            case ObjectReferenceExpression e:
                ObjectReferenceText.Write(rule, e);
                break;
            case LogExpression e:
                LogText.Write(rule, e);
                break;
            case QueueExpression e:
                QueueText.Write(rule, e);
                break;
            case DuplicateExpression e:
                ForwardText.Write(rule, e);
                break;
            case ForwardExpression e:
                ForwardText.Write(rule, e);
                break;
            case XtMatchExpression e:
                rule.Emit(scope => scope.Foreign($"[{Iptables.XtMatchText.Of(e, rule.Table.Family, rule.Options)}]"));
                break;
            case XtTargetExpression e:
                rule.Emit(scope => scope.Foreign($"[{Iptables.XtTargetText.Of(e, rule.Table.Family, rule.Options)}]"));
                break;
            case NoTrackExpression:
                rule.Emit("notrack");
                break;
            case FlowOffloadExpression e:
                rule.Emit($"flow add @{QuotedText.Name(e.Flowtable)}");
                break;
            default:
                if (StatefulText.Of(expression, rule.Options) is { } text)
                {
                    rule.Emit(text);
                }
                else
                {
                    rule.EmitForeign(expression);
                }

                break;
        }
    }
}
