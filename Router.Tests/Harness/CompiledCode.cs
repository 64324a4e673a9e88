using System.CodeDom.Compiler;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Router.Tests.Harness;

/// <summary>
/// Which files and folders of the product use types of which others: what its compiled types and methods refer to, and, from the source,
/// the constants, which the compiler puts in as values. It does not see <c>nameof</c>, constants that come by <c>using static</c>, and
/// types that are found by a string, such as a service's name.
/// </summary>
internal sealed partial class CompiledCode
{
    private const BindingFlags All =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Assembly Product = typeof(Configuration.RouterSettings).Assembly;

    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes)
        .GetFields()
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    private readonly Dictionary<(string From, string To), SortedSet<string>> _uses = [];
    private readonly Dictionary<string, string> _files = [];
    private readonly List<string> _withoutFile = [];

    private CompiledCode(IReadOnlyDictionary<string, string> sources)
    {
        foreach (var (file, text) in sources)
        {
            var space = NamespaceLine().Match(text).Groups["name"].Value;
            // Top-level statements are the class Program, outside every namespace.
            if (space is "")
                _files.TryAdd(".Program", file);
            foreach (Match type in TypeLine().Matches(text))
                _files.TryAdd($"{space}.{type.Groups["name"].Value}", file);
        }

        var types = Product.GetTypes();
        foreach (var type in types)
        {
            if (FileOf(type) is { } file)
                AddType(file, type);
            else if (!type.IsNested && !IsGenerated(type))
                _withoutFile.Add(type.FullName!);
        }

        var constants = types
            .SelectMany(type => type.GetFields(All))
            .Where(field => field.IsLiteral)
            .ToLookup(field => (field.DeclaringType!.Name, field.Name), field => field.DeclaringType!);
        foreach (var (file, text) in sources)
        {
            foreach (Match member in Member().Matches(text))
            {
                foreach (var type in constants[(member.Groups["type"].Value, member.Groups["name"].Value)])
                    Add(file, type);
            }
        }
    }

    /// <summary>Each pair of files of which the first uses types of the second, with these types. Paths are below <c>Router/</c>.</summary>
    public IReadOnlyDictionary<(string From, string To), SortedSet<string>> Uses => _uses;

    /// <summary>The types from outside the product that a folder uses, by their full names.</summary>
    public Dictionary<string, SortedSet<string>> Outside { get; } = [];

    /// <summary>
    /// The types that are in no file as far as the source shows, so that nothing is known of what they use. Those that the compiler makes
    /// do not count.
    /// </summary>
    public IReadOnlyList<string> WithoutFile => _withoutFile;

    public static CompiledCode Read()
    {
        var root = Path.Combine(Script.Root, "Router");
        return new CompiledCode(
            Directory
                .EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(root, file))
                .Where(file => !file.StartsWith("obj/", StringComparison.Ordinal) && !file.StartsWith("bin/", StringComparison.Ordinal))
                .ToDictionary(file => file, file => File.ReadAllText(Path.Combine(root, file)))
        );
    }

    public static string FolderOf(string file) => Path.GetDirectoryName(file)!;

    private void AddType(string file, Type type)
    {
        foreach (var used in type.GetInterfaces().Append(type.BaseType).OfType<Type>())
            Add(file, used);
        foreach (var field in type.GetFields(All))
            Add(file, field.FieldType);
        AddConstraints(file, type.GetGenericArguments());
        AddAttributes(file, type.GetCustomAttributesData());
        foreach (var member in type.GetMembers(All))
            AddAttributes(file, member.GetCustomAttributesData());
        foreach (var method in type.GetMethods(All).Concat<MethodBase>(type.GetConstructors(All)))
            AddMethod(file, method);
    }

    private void AddMethod(string file, MethodBase method)
    {
        AddSignature(file, method);
        foreach (var parameter in method.GetParameters().Append((method as MethodInfo)?.ReturnParameter))
            AddAttributes(file, parameter?.GetCustomAttributesData() ?? []);
        if (method.IsGenericMethod)
            AddConstraints(file, method.GetGenericArguments());
        if (method.GetMethodBody() is not { } body)
            return;
        foreach (var local in body.LocalVariables)
            Add(file, local.LocalType);
        foreach (var caught in body.ExceptionHandlingClauses)
        {
            if (caught.Flags == ExceptionHandlingClauseOptions.Clause && caught.CatchType is { } type)
                Add(file, type);
        }

        var (ofType, ofMethod) = (
            method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null,
            method.IsGenericMethod ? method.GetGenericArguments() : null
        );
        foreach (var token in Tokens(body.GetILAsByteArray()!))
        {
            switch (method.Module.ResolveMember(token, ofType, ofMethod))
            {
                case Type type:
                    Add(file, type);
                    break;
                case FieldInfo field:
                    Add(file, field.DeclaringType!);
                    Add(file, field.FieldType);
                    break;
                case MethodBase called:
                    Add(file, called.DeclaringType!);
                    AddSignature(file, called);
                    break;
            }
        }
    }

    private void AddSignature(string file, MethodBase method)
    {
        foreach (var parameter in method.GetParameters())
            Add(file, parameter.ParameterType);
        if (method is MethodInfo { ReturnType: var type })
            Add(file, type);
        if (method.IsGenericMethod)
        {
            foreach (var argument in method.GetGenericArguments())
                Add(file, argument);
        }
    }

    private void AddConstraints(string file, Type[] parameters)
    {
        foreach (var constraint in parameters.SelectMany(parameter => parameter.GetGenericParameterConstraints()))
            Add(file, constraint);
    }

    private void AddAttributes(string file, IEnumerable<CustomAttributeData> attributes)
    {
        foreach (var attribute in attributes)
        {
            Add(file, attribute.AttributeType);
            foreach (var argument in attribute.ConstructorArguments.Concat(attribute.NamedArguments.Select(named => named.TypedValue)))
                AddArgument(file, argument);
        }
    }

    private void AddArgument(string file, CustomAttributeTypedArgument argument)
    {
        // An enum's value is a number here; its type is the argument's.
        Add(file, argument.ArgumentType);
        if (argument.Value is Type used)
            Add(file, used);
        foreach (var element in argument.Value as IEnumerable<CustomAttributeTypedArgument> ?? [])
            AddArgument(file, element);
    }

    private void Add(string file, Type type)
    {
        if (type.HasElementType)
        {
            Add(file, type.GetElementType()!);
            return;
        }

        if (type.IsGenericParameter)
            return;
        foreach (var argument in type.GetGenericArguments())
            Add(file, argument);
        if (type.Assembly != Product)
            (Outside.TryGetValue(FolderOf(file), out var known) ? known : Outside[FolderOf(file)] = []).Add(
                $"{type.Namespace}.{type.Name}"
            );
        else if (FileOf(type) is { } declaring && declaring != file)
            (_uses.TryGetValue((file, declaring), out var names) ? names : _uses[(file, declaring)] = []).Add(type.Name);
    }

    // Null for what the compiler makes, and for a type of WithoutFile.
    private string? FileOf(Type type)
    {
        while (type.DeclaringType is { } outer)
            type = outer;
        return _files.GetValueOrDefault($"{type.Namespace}.{type.Name.Split('`')[0]}");
    }

    // What the compiler itself makes has a name that C# does not permit. So has a type that is declared with "file": its name begins with
    // its file in angle brackets and an F, and it counts, because no mapping finds it. What source generators make has an attribute.
    private static bool IsGenerated(Type type) =>
        type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
        || type.IsDefined(typeof(GeneratedCodeAttribute), inherit: false)
        || (type.Name.StartsWith('<') && !type.Name.Contains(">F", StringComparison.Ordinal));

    // ECMA-335 partition III: an instruction is one byte, or two of which the first is 0xFE, and its operand.
    private static IEnumerable<int> Tokens(byte[] code)
    {
        for (var at = 0; at < code.Length; )
        {
            var value = code[at++] is 0xFE ? unchecked((short)(0xFE00 | code[at++])) : code[at - 1];
            var kind = OpCodesByValue[value].OperandType;
            if (kind is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
                yield return BitConverter.ToInt32(code, at);
            at += kind switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex NamespaceLine();

    // Types within others are at an indent, and their own.
    [GeneratedRegex(
        @"^[\w ]*\b((class|interface|enum|struct|record) (?<name>\w+)|delegate .+? (?<name>\w+)(<[^()]*>)?\()",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture
    )]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"\b(?<type>[A-Z]\w*)\.(?<name>[A-Z]\w*)\b", RegexOptions.ExplicitCapture)]
    private static partial Regex Member();
}
