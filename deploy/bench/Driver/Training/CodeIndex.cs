using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Router.Bench.Training;

/// <summary>An assembly.</summary>
internal sealed record CodeFile(string Name, MetadataReader Metadata, PEReader Image);

internal readonly record struct DefinedType(CodeFile File, TypeDefinitionHandle Handle)
{
    public TypeDefinition Definition => File.Metadata.GetTypeDefinition(Handle);

    public string Name => File.Metadata.GetString(Definition.Name);

    public string Namespace => File.Metadata.GetString(Definition.Namespace);

    public DefinedType? Outer => Definition.GetDeclaringType() is { IsNil: false } outer ? new DefinedType(File, outer) : null;

    public string FullName =>
        Outer is { } outer ? $"{outer.FullName}+{Name}"
        : Namespace is "" ? Name
        : $"{Namespace}.{Name}";

    public bool IsValue =>
        Name is not "Enum"
        && Definition.BaseType switch
        {
            { IsNil: true } => false,
            { Kind: HandleKind.TypeReference } from => IsBaseOfValues(
                File.Metadata.GetString(File.Metadata.GetTypeReference((TypeReferenceHandle)from).Name)
            ),
            { Kind: HandleKind.TypeDefinition } from => IsBaseOfValues(
                File.Metadata.GetString(File.Metadata.GetTypeDefinition((TypeDefinitionHandle)from).Name)
            ),
            _ => false,
        };

    private static bool IsBaseOfValues(string name) => name is "ValueType" or "Enum";
}

/// <summary>Finds the methods that the runtime has named in the assemblies that they are from.</summary>
internal sealed class CodeIndex
{
    private readonly Dictionary<string, DefinedType> _types = [];

    /// <summary>Reads all assemblies of these folders; the first of a name counts.</summary>
    public CodeIndex(params IEnumerable<string> folders)
    {
        var names = new HashSet<string>();
        foreach (var path in folders.SelectMany(folder => Directory.GetFiles(folder, "*.dll")))
        {
            var image = new PEReader(File.OpenRead(path));
            if (
                !image.HasMetadata
                || image.GetMetadataReader() is not { IsAssembly: true } metadata
                || !names.Add(Path.GetFileNameWithoutExtension(path))
            )
                continue;
            var file = new CodeFile(metadata.GetString(metadata.GetAssemblyDefinition().Name), metadata, image);
            foreach (var handle in metadata.TypeDefinitions)
            {
                var type = new DefinedType(file, handle);
                _types.TryAdd(type.FullName, type);
            }
        }
    }

    /// <summary>A type by its full name without generic arguments; null where it is not known.</summary>
    public DefinedType? Find(string fullName) => _types.TryGetValue(fullName, out var type) ? type : null;

    /// <summary>The method and its type; null where there is none, or several that can't be told apart.</summary>
    public (DefinedType Type, TypeName Name, MethodDefinitionHandle Method)? Find(ProfiledMethod method)
    {
        // A method that implements an interface by its full name has dots of its own: the type is the shortest beginning that is one and
        // has such a method.
        foreach (var dot in DotsOutsideBrackets(method.Name))
        {
            var prefix = method.Name[..dot];
            var bracket = prefix.IndexOf('[', StringComparison.Ordinal);
            if (Find(bracket < 0 ? prefix : prefix[..bracket]) is not { } type || !TypeName.TryParse(prefix, out var name))
                continue;
            var all = MethodsOf(type, method.Name[(dot + 1)..], method.Size);
            if (all.Count > 1)
                all = [.. all.Where(handle => ParametersOf(type, handle) == ParametersOf(method.Signature))];
            if (all.Count > 0)
                return all is [var only] ? (type, name, only) : null;
        }

        return null;
    }

    private static IEnumerable<int> DotsOutsideBrackets(string name)
    {
        var depth = 0;
        for (var i = 1; i < name.Length; i++)
        {
            depth += name[i] switch
            {
                '[' => 1,
                ']' => -1,
                _ => 0,
            };
            if (name[i] == '.' && depth == 0)
                yield return i;
        }
    }

    private static List<MethodDefinitionHandle> MethodsOf(DefinedType type, string name, int size) =>
        [
            .. from handle in type.Definition.GetMethods()
            let method = type.File.Metadata.GetMethodDefinition(handle)
            where method.RelativeVirtualAddress != 0 && type.File.Metadata.StringComparer.Equals(method.Name, name)
            where type.File.Image.GetMethodBody(method.RelativeVirtualAddress).GetILReader().Length == size
            select handle,
        ];

    private static int ParametersOf(DefinedType type, MethodDefinitionHandle handle)
    {
        var signature = type.File.Metadata.GetBlobReader(type.File.Metadata.GetMethodDefinition(handle).Signature);
        if (signature.ReadSignatureHeader().IsGeneric)
            signature.ReadCompressedInteger();
        return signature.ReadCompressedInteger();
    }

    private static int ParametersOf(string signature)
    {
        var list = signature[signature.IndexOf('(', StringComparison.Ordinal)..];
        if (list is "()")
            return 0;
        var (depth, count) = (0, 1);
        foreach (var letter in list)
        {
            depth += letter switch
            {
                '(' or '<' or '[' => 1,
                ')' or '>' or ']' => -1,
                _ => 0,
            };
            if (letter == ',' && depth == 1)
                count++;
        }

        return count;
    }
}
