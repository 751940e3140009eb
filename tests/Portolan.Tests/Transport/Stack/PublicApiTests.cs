using System.Reflection;
using System.Text;
using Portolan.Tests.Support;
using Portolan.Transport;
using Portolan.Transport.AspNetCore;
using Portolan.Transport.Testing;

namespace Portolan.Tests.Transport.Stack;

/// <summary>What the packages promise, as text that a person reviews: a change of it is a change for others.</summary>
public sealed class PublicApiTests
{
    private const BindingFlags Everything = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext Nullability = new();

    public static TheoryData<string> Packages => new(
        typeof(NetworkStack).Assembly.GetName().Name!,
        typeof(PortolanHttpExtensions).Assembly.GetName().Name!,
        typeof(SimWorld).Assembly.GetName().Name!);

    [Theory]
    [MemberData(nameof(Packages))]
    public void The_public_members_are_those_of_the_snapshot(string package)
    {
        var actual = Describe(Assembly.Load(package));
        var path = Repository.PathOf("tests", "Portolan.Tests", "Transport", "Stack", "Api", $"{package}.txt");
        if (File.Exists(path) && File.ReadAllText(path) == actual)
        {
            return;
        }

        // Left behind for whoever compares.
        var found = Path.Combine(Directory.CreateTempSubdirectory("portolan-test-").FullName, $"{package}.txt");
        File.WriteAllText(found, actual);
        Assert.Fail(
            $"the public members of {package} have changed: compare {found} with {path}, and copy it there when the change is meant");
    }

    private static string Describe(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var type in assembly.GetExportedTypes().OrderBy(static t => t.FullName, StringComparer.Ordinal))
        {
            var lines = type.IsEnum
                ? Enum.GetNames(type).Select(
                    n => $"{n} = {Convert.ToInt64(Enum.Parse(type, n), System.Globalization.CultureInfo.InvariantCulture)}")
                : type.GetMembers(Everything).Where(IsPromised).Select(Describe);
            text.Append(KindOf(type)).Append(' ').Append(NameOf(type, qualified: true)).Append(BaseOf(type)).Append('\n');
            foreach (var line in type.IsEnum ? lines : lines.Order(StringComparer.Ordinal).Distinct(StringComparer.Ordinal))
            {
                text.Append("    ").Append(line).Append('\n');
            }
        }

        return text.ToString();
    }

    private static bool IsPromised(MemberInfo member) => member switch
    {
        MethodBase method =>
            (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly)
                && (method is ConstructorInfo || !method.IsSpecialName || IsOperator(method)) && !IsMade(method),
        FieldInfo field => (field.IsPublic || field.IsFamily) && !field.Name.EndsWith("__", StringComparison.Ordinal),
        PropertyInfo { Name: "EqualityContract" } => false,
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(static a => a.IsPublic || a.IsFamily),
        _ => false,
    };

    /// <summary>Whether the compiler made it, as most of a record.</summary>
    private static bool IsMade(MethodBase method) =>
        method.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute)) || method.Name.Contains('<');

    private static bool IsOperator(MethodBase method) => method.Name.StartsWith("op_", StringComparison.Ordinal);

    private static string Describe(MemberInfo member) => member switch
    {
        ConstructorInfo constructor => $"new({Parameters(constructor)})",
        MethodInfo method => $"{(method.IsStatic ? "static " : "")}{NameOf(method.ReturnParameter)} {method.Name}({Parameters(method)})",
        FieldInfo field => $"{(field.IsStatic ? "static " : "")}{NameOf(field.FieldType)} {field.Name}",
        PropertyInfo property =>
            $"{NameOf(property)} {property.Name} "
                + $"{{{Accessor(property.GetMethod, " get;")}{Accessor(property.SetMethod, IsInit(property) ? " init;" : " set;")} }}",
        _ => $"{member}",
    };

    private static string Accessor(MethodInfo? accessor, string word) => accessor is { IsPublic: true } or { IsFamily: true } ? word : "";

    private static bool IsInit(PropertyInfo property) =>
        property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(
            typeof(System.Runtime.CompilerServices.IsExternalInit)) == true;

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(static p =>
        $"{(p.IsOut ? "out " : p.ParameterType.IsByRef ? p.IsIn ? "in " : "ref " : "")}{NameOf(p)} "
            + $"{p.Name}{(p.HasDefaultValue ? $" = {p.RawDefaultValue ?? "default"}" : "")}"));

    private static string NameOf(ParameterInfo parameter) =>
        NameOf(parameter.ParameterType) + Mark(parameter.ParameterType, Nullability.Create(parameter).ReadState);

    private static string NameOf(PropertyInfo property) =>
        NameOf(property.PropertyType) + Mark(property.PropertyType, Nullability.Create(property).ReadState);

    private static string Mark(Type type, NullabilityState state) => !type.IsValueType && state == NullabilityState.Nullable ? "?" : "";

    private static string NameOf(Type type, bool qualified = false)
    {
        if (type.IsByRef)
        {
            return NameOf(type.GetElementType()!, qualified);
        }

        if (type.IsArray)
        {
            return $"{NameOf(type.GetElementType()!)}[]";
        }

        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return $"{NameOf(inner)}?";
        }

        var name = (qualified ? type.FullName : type.Name)!.Split('`')[0];
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(static a => NameOf(a)))}>" : name;
    }

    private static string KindOf(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => "struct",
        _ when typeof(Delegate).IsAssignableFrom(type) => "delegate",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string BaseOf(
        Type type) =>
            type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum)
                ? $" : {NameOf(parent)}"
                : "";
}
